"""Song covers: a song sung by another voice, and a spoken recording said by it.

unet, stems    separate singing from its backing; htdemucs: by one that is brought
pitch          the melody that is sung
content        what is sung, by whomever
world          analyse and synthesise a voice
synthesiser    harmonics and noise, with a gradient for a loss of the wave
teaching       steps of a decoder by the cepstra, or by the wave too
rvc            sing with a model of RVC that a person brings
"""

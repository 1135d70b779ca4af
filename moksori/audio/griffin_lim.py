"""Reconstruct waves from spectrograms by Griffin-Lim, started from pulses.

Shapes and levels as in `audio.spectrum`. A search from random phases leaves a voice
phasey: its partials waver. From a mel it begins here with pulses at the pitch of a
quick draft, through the filter of minimum phase that the mel describes, with noise
where there is no pitch and above `_PULSES_BELOW`, and the search keeps what is regular
about them. (A vocoder of pulses and noise: Atal and Hanauer 1971, "Speech analysis and
synthesis by linear prediction of the speech wave".)
"""

from collections.abc import Iterator

import numpy as np

from hparams import Audio
from moksori.audio import frames, pitch
from moksori.audio.companding import Deemphasis, deemphasize
from moksori.audio.spectrum import bin_scale, checked, magnitudes_of, mel_filters

_LEAST = np.float32(1e-8)
_UNMIXING_STEPS = 12
_DRAFT_ITERATIONS = 32
_PULSES_BELOW = 4000.0  # hertz
_NOTHING = np.zeros(0, np.float32)
# Chunks of a stream: the first, the longest, and the frames heard ahead of one. The
# first stretch of pulses, long enough for a pitch.
_FIRST_SECONDS, _LONGEST_SECONDS, _AHEAD = 0.25, 1.2, 8
_STRETCH_SECONDS = 1.5


def griffin_lim(
    mel: np.ndarray,
    audio: Audio,
    iterations: int | None = None,
    seed: int = 0,
    pulses: bool = True,
) -> np.ndarray:
    """Invert a normalised mel [frames, mels] to a wave, float32 [frames * hop_length].

    `iterations` defaults to `audio.griffin_lim_iterations`; equal seeds give equal
    waves. Without `pulses` the search begins with random phases. The magnitudes sought
    follow the sound found so far, scaled so that its mels stay those given: what a mel
    band leaves open (where inside it the partials lie) is decided by consistency, not
    by a smooth guess.
    """
    target = magnitudes_of(checked(mel, audio.mels, "mels"), audio)
    if pulses:
        found = search(
            _excited(target, audio, iterations, seed), audio, iterations, target
        )
    else:
        found = _from_random_phases(target, audio, iterations, seed)
    return _wave(found, audio, len(mel))


def griffin_lim_linear(
    linear: np.ndarray, audio: Audio, iterations: int | None = None, seed: int = 0
) -> np.ndarray:
    """Invert a normalised linear [frames, bins] to a wave [frames * hop_length]."""
    magnitude = magnitudes_of(checked(linear, audio.bins, "bins"), audio)
    spectra = _randomly_phased(magnitude / bin_scale(audio), seed)
    return _wave(search(spectra, audio, iterations), audio, len(linear))


def griffin_lim_stream(
    levels: np.ndarray, audio: Audio, seed: int = 0
) -> Iterator[np.ndarray]:
    """Yield the wave of a mel [frames, mels] or linear [frames, bins] in chunks of
    whole frames, each as soon as it is found.

    A chunk is searched for with `_AHEAD` frames after it, which are found again in
    the next one, and with the wave before it held fixed, so that phases continue. It
    begins with a stretch of pulses that reaches over several chunks. A spectrogram no
    longer than the first chunk and those frames gives the samples of `griffin_lim`.
    """
    mel = levels.shape[1] == audio.mels
    width = (audio.mels, "mels") if mel else (audio.bins, "bins")
    levels = magnitudes_of(checked(levels, *width), audio)
    hop, margin, count = audio.hop_length, frames.margin(audio), len(levels)
    sharp, spectra, base = _NOTHING, _NOTHING, 0
    deemphasize = Deemphasis(audio.preemphasis)
    windows, stretch = -(-audio.win_length // hop), _frames(_STRETCH_SECONDS, audio)
    begin, size = 0, _frames(_FIRST_SECONDS, audio)
    while begin < count:
        end = begin + size if begin + size + _AHEAD < count else count
        first, last = max(0, begin - windows), min(end + _AHEAD, count)
        if last > base + len(spectra):
            base = first
            spectra = _begun(levels[first : max(last, first + stretch)], audio, seed)
            seed, stretch = seed + 1, 2 * stretch
        target = levels[first:last] if mel else None
        known = sharp[first * hop : begin * hop + margin]
        start = spectra[first - base : last - base]
        found = search(start, audio, None, target, known)
        sharp = np.concatenate([sharp[: first * hop], found])
        yield deemphasize(sharp[margin + begin * hop : margin + end * hop])
        begin, size = end, min(2 * size, _frames(_LONGEST_SECONDS, audio))


def _frames(seconds: float, audio: Audio) -> int:
    return round(seconds / audio.frame_seconds)


def _begun(levels: np.ndarray, audio: Audio, seed: int) -> np.ndarray:
    """Return the spectra [frames, bins] from which the search for magnitudes begins."""
    if levels.shape[1] == audio.mels:
        return _excited(levels, audio, None, seed)
    return _randomly_phased(levels / bin_scale(audio), seed)


def _wave(padded: np.ndarray, audio: Audio, count: int) -> np.ndarray:
    begin = frames.margin(audio)
    wave = padded[begin : begin + count * audio.hop_length]
    return deemphasize(wave, audio.preemphasis)


def search(
    spectra: np.ndarray,
    audio: Audio,
    iterations: int | None,
    mel: np.ndarray | None = None,
    known: np.ndarray = _NOTHING,
    follow: float = 0.0,
) -> np.ndarray:
    """Find a padded wave from first `spectra` [frames, bins], and which begins with the
    samples `known`. Its magnitudes are to stay those of `spectra`; with `mel` its mels
    are to be those, after a share `follow` of the iterations.

    Source: Perraudin, Balazs and Søndergaard 2013, "A fast Griffin-Lim algorithm",
    algorithm 2.
    """
    if not len(spectra):
        return _NOTHING
    if iterations is None:
        iterations = audio.griffin_lim_iterations
    momentum = np.float32(audio.griffin_lim_momentum)
    weight = frames.overlap_weight(len(spectra), audio)
    magnitude, before = np.abs(spectra), None
    for step in range(iterations):
        padded = frames.synthesise(spectra, weight, audio)
        padded[: len(known)] = known
        now = frames.analyse(padded, audio)
        if mel is not None and step >= follow * iterations:
            magnitude = _towards(mel, np.abs(now), audio)
        ahead = now if before is None else now + momentum * (now - before)
        before = now
        spectra = ahead * (magnitude / np.maximum(np.abs(ahead), _LEAST))
    padded = frames.synthesise(spectra, weight, audio)
    padded[: len(known)] = known
    return padded


def _from_random_phases(
    mel: np.ndarray, audio: Audio, iterations: int | None, seed: int
) -> np.ndarray:
    spectra = _randomly_phased(_unmix(mel, audio), seed)
    # In the first half, phases settle for a smooth guess of the magnitudes.
    return search(spectra, audio, iterations, mel, follow=0.5)


def _randomly_phased(magnitude: np.ndarray, seed: int) -> np.ndarray:
    """Return spectra [frames, bins] of magnitudes, with random phases."""
    random = np.random.default_rng(seed)
    angle = random.random(magnitude.shape, np.float32) * np.float32(2 * np.pi)
    return magnitude * np.exp(1j * angle)


def _excited(
    mel: np.ndarray, audio: Audio, iterations: int | None, seed: int
) -> np.ndarray:
    """Return spectra [frames, bins] of pulses and noise with the magnitudes `mel`, at
    the pitch of a draft from random phases."""
    magnitude = _unmix(mel, audio)
    if not len(mel) or audio.sample_rate < pitch.LOWEST_SAMPLE_RATE:
        return _randomly_phased(magnitude, seed)
    if iterations is None:
        iterations = audio.griffin_lim_iterations
    draft = min(iterations, _DRAFT_ITERATIONS)
    wave = _wave(_from_random_phases(mel, audio, draft, seed), audio, len(mel))
    source = excitation(pitch.track(wave, audio.sample_rate), len(wave), audio, seed)
    excited = frames.analyse(frames.pad(source, audio), audio)
    phase = np.angle(excited) + _minimum_phase(magnitude, audio)
    magnitude = magnitude * np.abs(excited)
    for _ in range(3):
        magnitude = _towards(mel, magnitude, audio)
    return magnitude * np.exp(1j * phase)


def excitation(track: pitch.Track, samples: int, audio: Audio, seed: int) -> np.ndarray:
    """Make pulses where there is a pitch, and noise elsewhere: float32 [samples] of
    about unit variance."""
    from scipy.signal import butter, sosfiltfilt

    noise = np.random.default_rng([seed, 1]).standard_normal(samples)
    voiced = np.flatnonzero(track.voiced)
    if len(voiced) == 0:
        return noise.astype(np.float32)
    rate, places = audio.sample_rate, np.arange(samples)
    step = round(rate * pitch.STEP_SECONDS)
    hertz = np.exp(np.interp(places, voiced * step, np.log(track.hertz[voiced])))
    middles = np.arange(len(track.voiced)) * step
    share = np.interp(places, middles, track.voiced.astype(float))
    above = np.zeros(samples)
    if rate / 2 > _PULSES_BELOW:
        sections = butter(4, _PULSES_BELOW, "highpass", fs=rate, output="sos")
        above = sosfiltfilt(sections, noise)
    mixed = share * (_pulses(hertz, rate) + above) + (1 - share) * noise
    return mixed.astype(np.float32)


def _pulses(hertz: np.ndarray, rate: int) -> np.ndarray:
    """Sum the cosines of all partials below `_PULSES_BELOW` of a pitch [samples], in
    closed form (Dirichlet's kernel), to unit variance."""
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    partials = np.floor(min(_PULSES_BELOW, rate / 2) / hertz)
    half = np.sin(phase / 2)
    near = np.abs(half) < 1e-3
    ratio = np.sin((partials + 0.5) * phase) / np.where(near, 1.0, half)
    return np.where(near, partials, 0.5 * ratio - 0.5) * np.sqrt(2 / partials)


def _minimum_phase(magnitude: np.ndarray, audio: Audio) -> np.ndarray:
    """Return the phases [frames, bins] of the filters of minimum phase with these
    magnitudes, by folding their cepstra (Oppenheim and Schafer, "Discrete-time signal
    processing", chapter on the Hilbert transform)."""
    from scipy.fft import irfft, rfft

    least = magnitude.max(axis=1, keepdims=True) * 1e-5 + _LEAST
    cepstrum = irfft(np.log(np.maximum(magnitude, least)), audio.n_fft)
    middle = audio.n_fft // 2
    cepstrum[:, 1:middle] *= 2
    cepstrum[:, middle + 1 :] = 0
    return rfft(cepstrum).imag


def _unmix(mel: np.ndarray, audio: Audio) -> np.ndarray:
    """Find magnitudes [frames, bins] >= 0 with mel magnitudes close to `mel`.

    Richardson-Lucy iterations (Richardson 1972, Lucy 1974): they lessen the
    Kullback-Leibler divergence, which weighs by ratio as hearing does, and keep
    positive what is positive.
    """
    magnitude = np.ones((mel.shape[0], audio.bins), np.float32)
    for _ in range(_UNMIXING_STEPS):
        magnitude = _towards(mel, magnitude, audio)
    return magnitude


def _towards(mel: np.ndarray, magnitude: np.ndarray, audio: Audio) -> np.ndarray:
    """Take a step from magnitudes [frames, bins] to some whose mels are `mel`."""
    basis, touched, transposed = mel_filters(audio)
    inside = magnitude[:, touched]
    ratio = mel / np.maximum(inside @ transposed, _LEAST)
    coverage = np.maximum(basis[:, touched].sum(axis=0), _LEAST)
    result = np.zeros_like(magnitude)
    np.multiply(inside, ratio @ (basis[:, touched] / coverage), out=result[:, touched])
    return result

"""Speak: text in, sound and its description out. In three lines:

    from moksori.voices import TrainedVoice

    voice = TrainedVoice.load("logs/me")
    voice.speak(["안녕하세요."])[0].save("hello.wav")

`trained` is a voice that was trained here, `xtts` a cloned one. `generation` runs the
acoustic model free-running, `stopping` decides when a line ends.
"""


def __getattr__(name: str):
    """Import `TrainedVoice` when it is first used, since it loads Keras."""
    if name != "TrainedVoice":
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from moksori.backend.setup import load_backend

    # Whatever its log level, TensorFlow writes a screen of lines when it is loaded.
    load_backend()
    from moksori.voices.trained import TrainedVoice

    return TrainedVoice

"""Read sound from a microphone, by PortAudio."""

import queue
from collections.abc import Iterator
from typing import Any

import numpy as np

BLOCK_SECONDS = 0.1
# So much sound waits for whoever identifies it; what comes then is dropped.
_QUEUE_SECONDS = 10.0
# Nothing comes from a device that was pulled out.
_PATIENCE_SECONDS = 5.0


class MicrophoneError(RuntimeError):
    """Report in one line why there is no sound from a microphone."""


class Microphone:
    """Iterate over the blocks of a microphone, mono float32 [samples] of 0.1 s.

    `device` is a number or a part of a name, as `devices` lists them; None is the
    system's own choice. `sample_rate` is what the device is asked for, and after
    construction the rate that it has. `dropped` counts blocks that nobody took in time.
    Use it in a `with` block. Raises `MicrophoneError`.
    """

    def __init__(self, device: int | str | None = None, sample_rate: int = 16000):
        sound = _sounddevice()
        self.dropped = 0
        self._blocks: queue.Queue[np.ndarray] = queue.Queue(
            round(_QUEUE_SECONDS / BLOCK_SECONDS)
        )
        try:
            if isinstance(device, int):
                sound.query_devices(device, "input")
            self.sample_rate = _rate(sound, device, sample_rate)
            self._stream = sound.InputStream(
                samplerate=self.sample_rate,
                blocksize=round(self.sample_rate * BLOCK_SECONDS),
                device=device,
                channels=1,
                dtype="float32",
                callback=self._take,
            )
        except (sound.PortAudioError, ValueError) as error:
            raise _refused(device, error) from None
        self._error = sound.PortAudioError

    def __enter__(self) -> "Microphone":
        try:
            self._stream.start()
        except self._error as error:
            self._stream.close()
            raise _refused(None, error) from None
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def __iter__(self) -> Iterator[np.ndarray]:
        while True:
            try:
                yield self._blocks.get(timeout=_PATIENCE_SECONDS)
            except queue.Empty:
                raise MicrophoneError(
                    f"the microphone gave no sound for {_PATIENCE_SECONDS:g} s; "
                    "was it unplugged?"
                ) from None

    def _take(self, sound: np.ndarray, frames: int, time: Any, status: Any) -> None:
        """Queue a block; PortAudio calls it in a thread that must not wait."""
        if status.input_overflow:
            self.dropped += 1
        try:
            self._blocks.put_nowait(sound[:, 0].copy())
        except queue.Full:
            self.dropped += 1


def devices() -> list[str]:
    """Return a line for each device that records: number, name, channels and rate.

    Raises `MicrophoneError` without PortAudio.
    """
    sound = _sounddevice()
    default = sound.default.device[0]
    return [
        f"{'*' if each['index'] == default else ' '} {each['index']:3} {each['name']} "
        f"({each['max_input_channels']} channels, {each['default_samplerate']:g} Hz)"
        for each in sound.query_devices()
        if each["max_input_channels"]
    ]


def _sounddevice():
    try:
        import sounddevice
    except ImportError:
        raise MicrophoneError(
            "sounddevice is not installed: run `make speakers`"
        ) from None
    except OSError:
        raise MicrophoneError(
            "PortAudio, which reads microphones, is not installed: "
            "run `apt-get install libportaudio2`"
        ) from None
    return sounddevice


def _rate(sound, device: int | str | None, wanted: int) -> int:
    """Return the wanted rate, or the device's own where it has no other."""
    form = {"device": device, "channels": 1, "dtype": "float32"}
    try:
        sound.check_input_settings(samplerate=wanted, **form)
    except sound.PortAudioError:
        return round(sound.query_devices(device, "input")["default_samplerate"])
    return wanted


def _refused(device: int | str | None, error: Exception) -> MicrophoneError:
    name = "there is no microphone" if device is None else f"no microphone {device!r}"
    reason = (str(error).splitlines() or ["no reason given"])[0]
    return MicrophoneError(f"{name} ({reason}); --list-devices shows what there is")

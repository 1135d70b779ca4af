"""Tacotron 2 (Shen et al. 2018): the boxes of the paper's figure 1, assembled.

Shapes: B batch, S symbols, T frames, N decoder steps of r frames, M mels.
"""

import keras
from keras import ops

from moksori.tacotron.decoder import Decoder
from moksori.tacotron.encoder import Encoder
from moksori.tacotron.fused.decoder import FusedDecoder
from moksori.tacotron.loss import lengths_mask
from moksori.tacotron.postnet import CBHG, Postnet


class Tacotron(keras.Model):
    """Symbols and a speaker -> mel spectrogram, stop token and alignment.

    `symbols` and `speakers` are table sizes, `mels` and `bins` spectrogram widths;
    the rest is `hparams.Tacotron`, field by field. `compute` is the type of the large
    products ("float32" or "bfloat16"); weights, attention, recurrent state and batch
    statistics are float32 in any case. All randomness comes from `noise`, which
    `reseed` sets. `decoder` is the reference (`Decoder`) or its fast twin; both have
    the same weights.
    """

    def __init__(
        self,
        *,
        symbols: int,
        speakers: int,
        mels: int,
        bins: int,
        symbol_dim: int,
        encoder_layers: int,
        encoder_kernel: int,
        encoder_dim: int,
        encoder_dropout: float,
        prenet_dims: tuple[int, ...],
        prenet_dropout: float,
        attention_dim: int,
        location_filters: int,
        location_kernel: int,
        attention_lstm: int,
        decoder_lstm: int,
        zoneout: float,
        postnet_layers: int,
        postnet_kernel: int,
        postnet_dim: int,
        postnet_dropout: float,
        reduction_factor: int,
        speaker_dim: int,
        linear: bool,
        cbhg_banks: int,
        cbhg_dim: int,
        compute: str = "float32",
        seed: int = 1,
        decoder: type[Decoder] = FusedDecoder,
    ):
        super().__init__(name="tacotron")
        keras.utils.set_random_seed(seed)
        self.mels, self.reduction_factor = mels, reduction_factor
        self.seed, self.compute = seed, compute
        self.noise = noise = keras.random.SeedGenerator(seed, name="noise")
        self.speaker = keras.layers.Embedding(speakers, speaker_dim, name="speakers")
        self.encoder = Encoder(
            symbols,
            symbol_dim,
            encoder_dim,
            encoder_layers,
            encoder_kernel,
            encoder_dropout,
            zoneout,
            noise,
            compute,
            name="encoder",
        )
        self.decoder = decoder(
            mels,
            prenet_dims,
            prenet_dropout,
            attention_dim,
            location_filters,
            location_kernel,
            attention_lstm,
            decoder_lstm,
            zoneout,
            reduction_factor,
            noise,
            compute,
            name="decoder",
        )
        self.postnet = Postnet(
            mels,
            postnet_dim,
            postnet_layers,
            postnet_kernel,
            postnet_dropout,
            noise,
            compute,
            name="postnet",
        )
        self.cbhg = (
            CBHG(bins, mels, cbhg_banks, cbhg_dim, noise, compute, name="cbhg")
            if linear
            else None
        )
        self._build(speaker_dim, encoder_dim)

    def _build(self, speaker_dim, encoder_dim):
        self.speaker.build(None)
        self.encoder.build(speaker_dim)
        self.decoder.build(encoder_dim + speaker_dim)
        self.postnet.build()
        if self.cbhg is not None:
            self.cbhg.build()
        self.built = True

    def reseed(self, seed: int, step: int) -> None:
        """Make the next call's randomness a function of `seed` and `step` alone."""
        self.noise.state.assign([seed % 2**32, step * _DRAWS_A_STEP % 2**32])

    def encode(self, ids, symbols, speaker, training=False):
        """Encode texts for the decoder: `(memory [B, S, E], mask [B, S])`.

        ids [B, S], symbols [B] (real lengths) and speaker [B] are integers.
        """
        mask = lengths_mask(symbols, ops.shape(ids)[1])
        voice = self.speaker(speaker)
        memory = self.encoder(ids, mask, voice, training=training)
        spread = voice[:, None, :] * mask[:, :, None]
        return ops.concatenate([memory, spread], axis=-1), mask

    def call(self, batch, *, factor, training=False):
        """Predict `mels` from themselves, a step ahead (teacher-forced).

        `batch` holds ids [B, S], symbols [B], speaker [B], mels [B, T, M] with T a
        multiple of `factor`, and frames [B]. Returns mels_before and mels [B, T, M],
        stop logits [B, N], alignments [B, N, S], and linear [B, T, bins] if there is
        a CBHG.
        """
        memory, mask = self.encode(
            batch["ids"], batch["symbols"], batch["speaker"], training=training
        )
        before, stop, alignments = self.decoder(
            memory, mask, batch["mels"], factor=factor, training=training
        )
        frame_mask = lengths_mask(batch["frames"], ops.shape(before)[1])
        outputs = self.postprocess(before, frame_mask, training=training)
        return {**outputs, "stop": stop, "alignments": alignments}

    def postprocess(self, before, mask, training=False):
        """Apply postnet and CBHG, if there is one: before [B, T, M], mask [B, T]."""
        mels = before + self.postnet(before, mask, training=training)
        outputs = {"mels_before": before, "mels": mels}
        if self.cbhg is not None:
            outputs["linear"] = self.cbhg(mels, mask, training=training)
        return outputs


_DRAWS_A_STEP = 64

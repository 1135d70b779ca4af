"""The network of RVC is its definition, part by part and whole."""

import numpy as np
import pytest
from keras import ops

from moksori.covers import rvc_network
from moksori.covers.rvc_files import fold
from tests.covers.rvc_definition import Definition
from tests.covers.rvc_made import shape_of, weights_of

pytestmark = pytest.mark.backend

FRAMES = 27


class Case:
    """A network, its definition, and inputs [frames, ...]."""

    def __init__(self, rate, features):
        self.shape = shape_of(rate, features)
        weights = weights_of(self.shape)
        self.definition = Definition(self.shape, weights)
        self.network = rvc_network.build(self.shape, fold(weights))
        random = np.random.default_rng(1)
        self.content = random.standard_normal((FRAMES, features)).astype("f4")
        self.pitch = random.integers(0, 256, FRAMES).astype("i4")
        self.latent = random.standard_normal((FRAMES, self.shape.latent)).astype("f4")
        samples = FRAMES * self.shape.hop_length
        self.excitation = random.standard_normal((samples, 1)).astype("f4") / 5
        self.speaker = self.definition.speaker[None]


@pytest.fixture(scope="module", params=[(40000, 768), (48000, 256), (32000, 768)])
def case(request):
    return Case(*request.param)


def same(made, wanted):
    made = ops.convert_to_numpy(made)[0]
    assert np.abs(wanted).std() > 1e-3
    np.testing.assert_allclose(made, wanted, rtol=1e-3, atol=1e-4)


def test_attention_knows_content_and_distance(case):
    x = case.latent @ np.ones((case.shape.latent, 1)) * np.linspace(-1, 1, 8)
    x = x.astype("f4")
    layer = case.network.enc_p.encoder.attn_layers[0]
    name = "enc_p.encoder.attn_layers.0"
    same(layer(x[None]), case.definition.attention(name, x))


def test_content_and_pitch_become_a_distribution(case):
    made = case.network.enc_p(case.content[None], case.pitch[None])
    wanted = case.definition.text_encoder(case.content, case.pitch)
    for one, two in zip(made, wanted, strict=True):
        same(one, two)


def test_the_flow_goes_back_where_training_came_from(case):
    back = case.network.flow(case.latent[None], case.speaker)
    same(back, case.definition.flow_backwards(case.latent))
    forth = case.definition.flow_forwards(case.latent).astype("f4")
    same(case.network.flow(forth[None], case.speaker), case.latent)


def test_a_latent_and_an_excitation_become_a_wave(case):
    given = case.latent[None], case.excitation[None], case.speaker
    wanted = case.definition.generator(case.latent, case.excitation)
    assert wanted.shape == (FRAMES * case.shape.hop_length, 1)
    same(case.network.dec(*given), wanted)


def test_the_whole_is_its_definition(case):
    given = case.content, case.pitch, case.latent, case.excitation
    made = case.network(*(each[None] for each in given))
    same(made, case.definition.wave(*given))


def test_weights_that_do_not_fit_are_named():
    shape = shape_of()
    weights = fold(weights_of(shape))
    for change, says in (
        ({"enc_p.proj.bias": None}, "1 of .* weights are missing"),
        ({"dec.cond.bias": np.zeros(3, "f4")}, "dec.cond.bias has the shape"),
        ({"dec.nothing.weight": np.zeros(3, "f4")}, "no place"),
        ({"flow.flows.9.pre.bias": np.zeros(8, "f4")}, "no place"),
        ({"enc_p.x.0.weight": np.zeros(8, "f4")}, "no place"),
        ({"weight": np.zeros(8, "f4")}, "no place"),
    ):
        changed = {k: v for k, v in {**weights, **change}.items() if v is not None}
        with pytest.raises(ValueError, match=says):
            rvc_network.build(shape, changed)

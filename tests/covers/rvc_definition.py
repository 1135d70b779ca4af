"""The network of RVC v1 and v2 in plain numpy, as it is defined: sums over taps, and
attention pair by pair. Signals are [frames, channels], weights as in the file."""

from math import prod

import numpy as np


class Definition:
    """Compute the parts of a network from the weights of a file."""

    def __init__(self, shape, weights):
        self.shape, self.weights = shape, weights
        self.speaker = weights["emb_g.weight"][:1]

    def of(self, name):
        """The weight and the bias of a layer, with its normalisation."""
        bias = self.weights.get(f"{name}.bias", 0.0)
        if f"{name}.weight" in self.weights:
            return self.weights[f"{name}.weight"], bias
        length = self.weights[f"{name}.weight_g"]
        direction = self.weights[f"{name}.weight_v"]
        norms = [np.linalg.norm(each) for each in direction]
        return length * direction / np.reshape(norms, (-1, 1, 1)), bias

    def conv(self, name, x, dilation=1, stride=1, pad=None):
        weight, bias = self.of(name)
        taps = weight.shape[2]
        pad = (taps - 1) * dilation // 2 if pad is None else pad
        x = np.pad(x, ((pad, pad), (0, 0)))
        count = (len(x) - (taps - 1) * dilation - 1) // stride + 1
        made = np.zeros((count, len(weight)))
        for tap in range(taps):
            begin = tap * dilation
            made += x[begin : begin + (count - 1) * stride + 1 : stride] @ (
                weight[:, :, tap].T
            )
        return made + bias

    def transposed(self, name, x, stride):
        weight, bias = self.of(name)
        taps = weight.shape[2]
        made = np.zeros(((len(x) - 1) * stride + taps, weight.shape[1]))
        for tap in range(taps):
            made[tap : tap + (len(x) - 1) * stride + 1 : stride] += (
                x @ weight[:, :, tap]
            )
        cut = (taps - stride) // 2
        return made[cut : len(made) - cut] + bias

    def attention(self, name, x):
        q, k, v = (self.conv(f"{name}.conv_{part}", x) for part in "qkv")
        keys, values = (self.weights[f"{name}.emb_rel_{part}"][0] for part in "kv")
        size = self.shape.hidden // self.shape.heads
        made = np.zeros_like(x)
        for head in range(self.shape.heads):
            cut = slice(head * size, (head + 1) * size)
            for i in range(len(x)):
                scores = k[:, cut] @ q[i, cut]
                near = [j for j in range(len(x)) if abs(j - i) <= 10]
                for j in near:
                    scores[j] += keys[j - i + 10] @ q[i, cut]
                shares = np.exp((scores - scores.max()) / np.sqrt(size))
                shares /= shares.sum()
                made[i, cut] = shares @ v[:, cut]
                for j in near:
                    made[i, cut] += shares[j] * values[j - i + 10]
        return self.conv(f"{name}.conv_o", made)

    def norm(self, name, x):
        x = x - x.mean(axis=1, keepdims=True)
        x = x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-5)
        return x * self.weights[f"{name}.gamma"] + self.weights[f"{name}.beta"]

    def text_encoder(self, content, pitch):
        weight, bias = self.of("enc_p.emb_phone")
        x = content @ weight.T + bias + self.weights["enc_p.emb_pitch.weight"][pitch]
        x = leaky(x * np.sqrt(self.shape.hidden), 0.1)
        for n in range(self.shape.layers):
            inside = "enc_p.encoder"
            y = self.attention(f"{inside}.attn_layers.{n}", x)
            x = self.norm(f"{inside}.norm_layers_1.{n}", x + y)
            y = np.maximum(self.conv(f"{inside}.ffn_layers.{n}.conv_1", x), 0)
            y = self.conv(f"{inside}.ffn_layers.{n}.conv_2", y)
            x = self.norm(f"{inside}.norm_layers_2.{n}", x + y)
        return np.split(self.conv("enc_p.proj", x), 2, axis=1)

    def moved(self, number, kept):
        """The mean by which a step of the flow moves its other half."""
        name, hidden = f"flow.flows.{number}", self.shape.hidden
        x, skips = self.conv(f"{name}.pre", kept), 0.0
        conditions = self.conv(f"{name}.enc.cond_layer", self.speaker)[0]
        for i in range(3):
            condition = conditions[2 * hidden * i : 2 * hidden * (i + 1)]
            inner = self.conv(f"{name}.enc.in_layers.{i}", x) + condition
            value, gate = inner[:, :hidden], inner[:, hidden:]
            inner = np.tanh(value) / (1 + np.exp(-gate))
            both = self.conv(f"{name}.enc.res_skip_layers.{i}", inner)
            skips = skips + both[:, -hidden:]
            if i < 2:
                x = x + both[:, :hidden]
        return self.conv(f"{name}.post", skips)

    def flow_forwards(self, z):
        """The direction of training, of which synthesis takes the inverse."""
        for number in range(0, 8, 2):
            kept, other = np.split(z, 2, axis=1)
            moved = other + self.moved(number, kept)
            z = np.concatenate([kept, moved], axis=1)[:, ::-1]
        return z

    def flow_backwards(self, z):
        for number in (6, 4, 2, 0):
            kept, other = np.split(z[:, ::-1], 2, axis=1)
            z = np.concatenate([kept, other - self.moved(number, kept)], axis=1)
        return z

    def block(self, number, x, dilations):
        name = f"dec.resblocks.{number}"
        for n, dilation in enumerate(dilations):
            inner = self.conv(f"{name}.convs1.{n}", leaky(x, 0.1), dilation)
            x = x + self.conv(f"{name}.convs2.{n}", leaky(inner, 0.1))
        return x

    def generator(self, z, excitation):
        weight, bias = self.of("dec.m_source.l_linear")
        source = np.tanh(excitation * weight[0] + bias)
        x = self.conv("dec.conv_pre", z) + self.conv("dec.cond", self.speaker)
        kinds = len(self.shape.block_kernels)
        for i, factor in enumerate(self.shape.upsampling):
            step = prod(self.shape.upsampling[i + 1 :])
            x = self.transposed(f"dec.ups.{i}", leaky(x, 0.1), factor)
            how = {"stride": step, "pad": step // 2 if step > 1 else 0}
            x = x + self.conv(f"dec.noise_convs.{i}", source, **how)
            x = np.mean(
                [
                    self.block(i * kinds + j, x, self.shape.dilations[j])
                    for j in range(kinds)
                ],
                axis=0,
            )
        return np.tanh(self.conv("dec.conv_post", leaky(x, 0.01)))

    def wave(self, content, pitch, noise, excitation):
        mean, log_deviation = self.text_encoder(content, pitch)
        z = self.flow_backwards(mean + np.exp(log_deviation) * noise)
        return self.generator(z, excitation)


def leaky(x, slope):
    return np.where(x > 0, x, slope * x)

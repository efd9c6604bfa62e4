"""Trained networks in the page: every layer and every step equals torch's, and what cannot run says so."""

import base64
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils.widgets import WidgetError
from course_utils.widgets.kit import base
from course_utils.widgets.kit import net as network

pytestmark = pytest.mark.browser
IMPORT = "URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))"
RUN = """
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const value = ([data, shape]) => ({ data: Float32Array.from(data), shape });
  const answer = ([layers, weights, inputs], states) =>
    m.run(layers, m.floats(bytes(weights)), inputs.map(value), states);
  const plain = ({ data, shape }) => ({ data: Array.from(data), shape });
"""


@pytest.fixture(scope="module")
def blank(browser):
    """An empty page in which the modules' functions can be called."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def call(page: Any, code: str, argument: Any) -> Any:
    script = f"async ([text, x]) => {{ const m = await import({IMPORT}); {RUN} {code} }}"
    return page.evaluate(script, [base.bundle("kit/net"), argument])


def exported(net: nn.Module, *inputs: Tensor) -> list[Any]:
    """A network and its inputs, each a batch of one, for the page."""
    layers, weights = network.export(net)
    values = [[x[0].flatten().tolist(), list(x.shape[1:])] for x in inputs]
    return [layers, base64.b64encode(weights).decode(), values]


def first(answer: Any) -> Tensor:
    """The first answer, of the first example."""
    while isinstance(answer, tuple):
        answer = answer[0]
    return answer[0]


def assert_equal(page: Any, net: nn.Module, *inputs: Tensor) -> None:
    """The page's answer and torch's, within 1e-5."""
    net.eval()
    with torch.no_grad():
        want = first(net(*inputs))
    got = call(page, "return plain(answer(x));", exported(net, *inputs))
    assert got["shape"] == list(want.shape)
    assert np.allclose(got["data"], want.flatten().numpy(), rtol=1e-5, atol=1e-5)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(5)


# -- layers ---------------------------------------------------------------------------------------------------

IMAGE, ROW, TOKENS = (6, 7, 10), (11,), (5, 6)  # no two sizes equal, channels apart that groups divide
LAYERS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.Conv2d(6, 4, (3, 2), stride=(2, 3), padding=(2, 1), dilation=(1, 2)), IMAGE),
    (nn.Conv2d(6, 4, (2, 3), stride=(3, 2), groups=2), IMAGE),
    (nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False), IMAGE),
    (nn.Conv2d(6, 18, (1, 3), stride=2, groups=6), IMAGE),
    (nn.Conv2d(6, 2, (2, 7), padding=(3, 5)), (6, 1, 2)),
    (nn.ConvTranspose2d(6, 5, (3, 2)), IMAGE),
    (nn.ConvTranspose2d(6, 5, (4, 3), stride=(2, 3), padding=(1, 2), output_padding=(1, 2), dilation=(1, 2)), IMAGE),
    (nn.ConvTranspose2d(6, 4, (2, 3), stride=(3, 2), padding=1, output_padding=(2, 0), groups=2), IMAGE),
    (nn.ConvTranspose2d(6, 6, 2, stride=3, dilation=3, groups=6, bias=False), IMAGE),
    (nn.ConvTranspose2d(6, 2, (3, 5), padding=(2, 3)), IMAGE),
    (nn.MaxPool2d((3, 2), stride=(2, 3), padding=1), IMAGE),
    (nn.AvgPool2d((2, 3), stride=(3, 2), padding=1), IMAGE),
    (nn.AdaptiveAvgPool2d(1), IMAGE),
    (nn.Upsample(scale_factor=2), IMAGE),
    (nn.Upsample(scale_factor=(1.5, 2.7)), IMAGE),
    (nn.Upsample(size=(3, 17)), IMAGE),
    (nn.Upsample(size=(21, 30)), IMAGE),
    (nn.Upsample(scale_factor=2, mode="bilinear"), IMAGE),
    (nn.Upsample(scale_factor=(1.7, 0.6), mode="bilinear"), IMAGE),
    (nn.Upsample(size=(4, 23), mode="bilinear"), IMAGE),
    (nn.Upsample(size=(4, 23), mode="bilinear", align_corners=True), IMAGE),
    (nn.Upsample(scale_factor=(2, 3), mode="bilinear", align_corners=True), IMAGE),
    (nn.Upsample(size=(1, 5), mode="bilinear", align_corners=True), IMAGE),
    (nn.GroupNorm(3, 6, eps=0.1), IMAGE),
    (nn.GroupNorm(2, 6, affine=False), IMAGE),
    (nn.GroupNorm(1, 6), (6,)),
    (nn.LayerNorm(6, eps=0.1), TOKENS),
    (nn.LayerNorm((7, 10)), IMAGE),
    (nn.LayerNorm(11, elementwise_affine=False), ROW),
    (nn.LayerNorm(6, bias=False), TOKENS),
    (nn.Linear(6, 9), TOKENS),
    (nn.Linear(10, 3, bias=False), IMAGE),
    (nn.BatchNorm1d(11), ROW),
    (nn.BatchNorm2d(6, affine=False), IMAGE),
    (nn.LeakyReLU(0.3), IMAGE),
    (nn.GELU(), IMAGE),
    (nn.GELU(approximate="tanh"), IMAGE),
    (nn.SiLU(), IMAGE),
    (nn.Softplus(), IMAGE),
    (nn.Softplus(beta=3.0, threshold=2.0), IMAGE),
    (nn.ELU(), IMAGE),
    (nn.ELU(alpha=0.4), IMAGE),
    (nn.Softmax(dim=-1), TOKENS),
    (nn.Softmax(dim=1), IMAGE),
    (nn.Softmax(dim=2), IMAGE),
    (nn.Flatten(), IMAGE),
    (nn.Flatten(2), IMAGE),
    (nn.Flatten(1, -2), IMAGE),
    (nn.Unflatten(1, (2, 3)), IMAGE),
    (nn.Unflatten(1, (11, -1, 1)), ROW),
    (nn.Unflatten(-1, (-1, 5)), IMAGE),
    (nn.RNN(6, 4, batch_first=True), TOKENS),
    (nn.GRU(6, 4, batch_first=True), TOKENS),
    (nn.GRU(6, 4, bias=False, batch_first=True), TOKENS),
    (nn.LSTM(6, 4, batch_first=True), TOKENS),
]


def odd(net: nn.Module) -> nn.Module:
    """Every parameter and every batch statistic away from 0 and 1: a forgotten one must show."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.4 + 0.3)
        for name, buffer in net.named_buffers():
            if name.endswith(("running_mean", "running_var")):
                buffer.copy_(torch.rand_like(buffer) * 2 + 0.5)
    return net


@pytest.mark.parametrize(("layer", "shape"), LAYERS, ids=[repr(layer).splitlines()[0] for layer, _ in LAYERS])
def test_a_layer_equals_torchs(blank, layer, shape):
    x = torch.randn(1, *shape) * 2 + 0.4
    assert_equal(blank, odd(nn.Sequential(layer)), x)


@pytest.mark.parametrize("activation", [nn.GELU(), nn.GELU("tanh"), nn.SiLU(), nn.Softplus(), nn.ELU(), nn.Tanh()])
def test_an_activation_holds_far_out(blank, activation):
    assert_equal(blank, nn.Sequential(activation), torch.tensor([[-60.0, -20.5, -3, -1e-4, 0, 1e-4, 3, 20.5, 60]]))


@pytest.mark.parametrize("n", range(1, 12))
def test_upsampling_rounds_as_torch_does(blank, n):
    nets = [nn.Upsample(size=(out, 13)) for out in range(1, 30, 3)]
    nets += [nn.Upsample(scale_factor=s) for s in (1.1, 2.3, 3)]
    nets += [nn.Upsample(scale_factor=s, mode="bilinear") for s in (1.1, (1.1, 2.3), (2, 1.2))]
    x = torch.randn(1, 1, n, 4)
    for layer in nets:
        assert_equal(blank, nn.Sequential(layer), x)


def test_an_embedding_takes_tokens(blank):
    tokens = torch.tensor([[3, 0, 6, 3]])
    assert_equal(blank, nn.Sequential(nn.Embedding(7, 5), nn.Linear(5, 3)), tokens)
    say = "try { answer(x); } catch (e) { return e.message; }"
    case = exported(nn.Sequential(nn.Embedding(3, 5)), tokens)
    assert call(blank, say, case) == "The token 3 is not among the 3 that the network knows."


# -- attention ------------------------------------------------------------------------------------------------


class Attending(nn.Module):
    """Self-attention or attention to another sequence, with or without a causal mask."""

    def __init__(self, heads: int, mask: Tensor | None = None, bias: bool = True):
        super().__init__()
        self.attention = nn.MultiheadAttention(6, heads, batch_first=True, bias=bias)
        self.register_buffer("mask", mask)

    def forward(self, x: Tensor, memory: Tensor | None = None) -> Tensor:
        to = x if self.mask is not None else memory
        n = x.shape[1]
        mask = None if self.mask is None else self.mask[:n, :n]
        return self.attention(x, to, to * 2, attn_mask=mask, need_weights=False)[0]


CAUSAL = torch.ones(8, 8).triu(1).bool()


@pytest.mark.parametrize("heads", [1, 3])
@pytest.mark.parametrize("bias", [True, False])
def test_attention_equals_torchs(blank, heads, bias):
    x, memory = torch.randn(1, 5, 6), torch.randn(1, 4, 6)
    assert_equal(blank, odd(Attending(heads, bias=bias)), x, memory)
    for mask in (CAUSAL, torch.zeros(8, 8).masked_fill(CAUSAL, -torch.inf)):
        assert_equal(blank, odd(Attending(heads, mask, bias)), x)


class DotProduct(nn.Module):
    def __init__(self, causal: bool):
        super().__init__()
        self.causal, self.q, self.k = causal, nn.Linear(6, 4), nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return F.scaled_dot_product_attention(self.q(x), self.k(x), x * 3, is_causal=self.causal)


@pytest.mark.parametrize("causal", [True, False])
def test_the_bare_attention_equals_torchs(blank, causal):
    assert_equal(blank, odd(DotProduct(causal)), torch.randn(1, 5, 6))


# -- networks with a forward pass of their own --------------------------------------------------------------------


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, heads: int, length: int):
        super().__init__()
        self.norm, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True, dropout=0.1)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1))
        self.register_buffer("mask", torch.full((length, length), -torch.inf).triu(1))

    def forward(self, x: Tensor) -> Tensor:
        h, n = self.norm(x), x.shape[1]
        attended, _ = self.attention(h, h, h, attn_mask=self.mask[:n, :n], need_weights=False, is_causal=True)
        x = x + F.dropout(attended, 0.1, training=self.training)
        return x + self.mlp(self.norm2(x))


class Transformer(nn.Module):
    """Tokens to logits; the places by an embedding (0), a parameter (1), or one with an axis for the batch (2)."""

    def __init__(self, width: int = 8, heads: int = 2, length: int = 9, kind: int = 0, count: int = 11):
        super().__init__()
        self.kind, self.token = kind, nn.Embedding(count, width)
        self.place = nn.Embedding(length, width)
        self.table = nn.Parameter(torch.randn(*[(), (length,), (1, length)][kind], width))
        self.blocks = nn.ModuleList(Block(width, heads, length) for _ in range(2))
        self.out = nn.Linear(width, count)

    def forward(self, tokens: Tensor) -> Tensor:
        n = tokens.size(1)
        x = self.token(tokens)
        if self.kind == 0:
            x = x + self.place(torch.arange(n, device=tokens.device)) + self.table
        else:
            x = x + (self.table[:n] if self.kind == 1 else self.table[:, :n])
        for block in self.blocks:
            x = block(x)
        return self.out(x)


@pytest.mark.parametrize("kind", [0, 1, 2])
@pytest.mark.parametrize("n", [1, 6, 9])
def test_a_transformer_equals_torchs(blank, kind, n):
    assert_equal(blank, odd(Transformer(kind=kind)), torch.randint(11, (1, n)))


class UNet(nn.Module):
    """A denoiser: two levels, a connection across, and the time as a second input."""

    def __init__(self, c: int = 3):
        super().__init__()
        self.time = nn.Linear(4, 2 * c)
        self.scales = nn.Parameter(torch.tensor([[0.5, 1.0, 2.0, 4.0]]))
        self.down = nn.Sequential(nn.Conv2d(1, c, 3, padding=1), nn.GroupNorm(1, c), nn.SiLU())
        self.low = nn.Conv2d(c, 2 * c, 3, stride=2, padding=1)
        self.middle = nn.Sequential(nn.SiLU(), nn.Conv2d(2 * c, 2 * c, 3, padding=1))
        self.up = nn.ConvTranspose2d(2 * c, c, 4, stride=2, padding=1)
        self.out = nn.Conv2d(2 * c, 1, 3, padding=1)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        time = self.time(torch.sin(t * self.scales) - torch.cos(t / 3))
        high = self.down(x)
        low = self.low(high) + time.unflatten(1, (-1, 1, 1))
        up = F.leaky_relu(self.up(low + self.middle(low)), 0.1)
        return self.out(torch.cat([up, high], dim=1)) * torch.exp(-0.1 * t).reshape(-1, 1, 1, 1)


def test_a_network_with_connections_across_and_two_inputs_equals_torchs(blank):
    net, x, t = odd(UNet()), torch.randn(1, 1, 6, 10), torch.tensor([[0.7]])
    assert_equal(blank, net, x, t)
    layers, weights, inputs = exported(net, x, t)
    say = "try { answer(x); } catch (e) { return e.message; }"
    assert call(blank, say, [layers, weights, inputs[:1]]) == "The network needs more than 1 inputs."


class Functions(nn.Module):
    """The functions that stand for layers."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        parts = [F.relu(x), torch.tanh(x), x.sigmoid(), F.gelu(x, approximate="tanh"), F.elu(x, 0.4), F.softplus(x)]
        joined = torch.cat([*parts, F.softmax(x, dim=1), x.softmax(-1), F.silu(x), 1 - x], 2)
        image = F.interpolate(joined.unflatten(1, (1, -1)), scale_factor=2, mode="bilinear", align_corners=True)
        return torch.flatten(image, 1), x


def test_functions_equal_the_layers_that_they_stand_for(blank):
    assert_equal(blank, Functions(), torch.randn(1, 3, 4))


# -- a state ----------------------------------------------------------------------------------------------------


class Characters(nn.Module):
    """The next token, by two recurrent layers."""

    def __init__(self, cell: type[nn.RNNBase]):
        super().__init__()
        self.token, self.out = nn.Embedding(7, 4), nn.Linear(5, 7)
        self.low, self.high = cell(4, 3, batch_first=True), cell(3, 5, batch_first=True)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        low, high = (None, None) if state is None else state
        y, low = self.low(self.token(tokens), low)
        y, high = self.high(y, high)
        return self.out(y), (low, high)


@pytest.mark.parametrize("cell", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_sequence_in_one_go_and_step_by_step(blank, cell):
    net, tokens = odd(Characters(cell)), torch.tensor([[2, 5, 0, 5, 6]])
    assert_equal(blank, net, tokens)
    with torch.no_grad():
        want = net(tokens)[0][0]
        state: Any = None
        for token, row in zip(tokens[0], want, strict=True):  # torch's own steps agree with its sequence
            step, state = net(token.reshape(1, 1), state)
            assert torch.allclose(step[0, 0], row, atol=1e-6)
    code = """
      const [layers, weights, [[tokens]]] = x;
      const before = [];
      let states;
      return tokens.map((token) => {
        const said = answer([layers, weights, [[[token], [1]]]], states);
        states = said.states;
        return Array.from(said.data);
      });"""
    got = call(blank, code, exported(net, tokens))
    assert np.allclose(got, want.numpy(), rtol=1e-5, atol=1e-5)


class Reader(nn.Module):
    """One answer to a whole sequence, from its last state."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.out = nn.GRU(6, 4, batch_first=True), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.gru(x)[0][:, -1])


def test_the_last_token_of_a_sequence(blank):
    assert_equal(blank, odd(Reader()), torch.randn(1, 5, 6))


# -- what cannot run says so ----------------------------------------------------------------------------------------


class Forward(nn.Module):
    """A network of one function, which may use a few layers."""

    def __init__(self, f: Callable[..., Any]):
        super().__init__()
        self.f, self.gru, self.linear = f, nn.GRU(6, 6, batch_first=True), nn.Linear(6, 6)
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.register_buffer("window", ~torch.ones(5, 5).triu(-1).tril(1).bool())

    def forward(self, x: Tensor) -> Any:
        return self.f(self, x)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (nn.Sequential(nn.PReLU()), "PReLU.* these can: AdaptiveAvgPool2d, .*Upsample"),
        (nn.Sequential(nn.TransformerEncoderLayer(6, 2)), "TransformerEncoderLayer"),
        (nn.Sequential(nn.ConvTranspose2d(1, 2, 3), nn.Conv3d(1, 2, 3)), "Conv3d"),
        (nn.Sequential(nn.Conv2d(2, 2, 3, padding="same", groups=2)), "padding as a number"),
        (nn.Sequential(nn.Upsample(scale_factor=2, mode="bicubic")), "mode nearest or bilinear"),
        (nn.Sequential(nn.Embedding(3, 2, max_norm=1.0)), "max_norm"),
        (nn.Sequential(nn.GRU(3, 2)), "batch_first=True"),
        (nn.Sequential(nn.LSTM(3, 2, 2, batch_first=True)), "one layer"),
        (nn.Sequential(nn.GRU(3, 2, batch_first=True, bidirectional=True)), "one direction"),
        (nn.Sequential(nn.LSTM(3, 2, batch_first=True, proj_size=1)), "one layer"),
        (nn.Sequential(nn.RNN(3, 2, batch_first=True, nonlinearity="relu")), "one layer"),
        (nn.Sequential(nn.Softmax(dim=0)), "across the batch"),
        (nn.Sequential(nn.Softmax()), "does not say where"),
        (nn.Sequential(nn.Flatten(0)), "across the batch"),
        (nn.MultiheadAttention(4, 2), "MultiheadAttention; give an nn.Sequential"),
        (Forward(lambda s, x: s.attention(x, x, x, attn_mask=s.window)[0]), "attention mask that is not causal"),
        (Forward(lambda s, x: s.attention(x, x, x)[1]), "uses getitem"),
        (Forward(lambda s, x: s.attention(x, x, x, key_padding_mask=x)[0]), "uses attention"),
        (Forward(lambda s, x: s.linear(s.gru(x)[1])), "uses getitem"),
        (Forward(lambda s, x: s.gru(x, s.linear(x))[0]), "uses gru"),
        (Forward(lambda s, x: x if x.sum() > 0 else -x), "cannot be followed without values"),
        (Forward(lambda s, x: x @ x), "uses matmul"),
        (Forward(lambda s, x: x.flatten()), "across the batch"),
        (Forward(lambda s, x: x.reshape(3, 2)), "uses reshape"),
        (Forward(lambda s, x: torch.add(x, x, alpha=2)), "uses add"),
        (Forward(lambda s, x: torch.cat([x, x])), "across the batch"),
        (Forward(lambda s, x: F.dropout(x, 0.5)), "uses dropout"),
        (Forward(lambda s, x: F.softmax(x, dim=1, dtype=torch.float64)), "uses softmax"),
        (Forward(lambda s, x: F.interpolate(x, size=x.shape[2:])), "uses interpolate"),
        (Forward(lambda s, x: x[:, 1:]), "uses getitem"),
        (Forward(lambda s, x: {"y": x}), "uses {'y': x}"),
    ],
)  # fmt: skip
def test_what_the_page_cannot_run_is_refused_with_a_sentence(net, message):
    with pytest.raises(WidgetError, match=message):
        network.export(net)


def test_a_sequential_with_a_forward_of_its_own_is_followed(blank):
    class Residual(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return x + super().forward(x)

    assert_equal(blank, odd(nn.Sequential(Residual(nn.Linear(6, 6), nn.Tanh()), nn.Linear(6, 2))), torch.randn(1, 6))


def test_each_module_is_handed_back_in_the_mode_that_it_had():
    net = nn.Sequential(nn.Linear(2, 2), nn.Sequential(nn.BatchNorm1d(2), nn.Dropout(0.1))).train()
    net[1][0].eval()  # frozen
    before = [module.training for module in net.modules()]
    network.export(net)
    assert [module.training for module in net.modules()] == before == [True, True, True, False, True]


# -- speed --------------------------------------------------------------------------------------------------------

# The fastest of eight runs, and of eight plain loops with as many products: both slow down on a busy machine.
TIME = """
  const [[layers, packed, inputs], products] = x;
  const [weights, values] = [m.floats(bytes(packed)), inputs.map(value)];
  const [left, right, sums] = [new Float32Array(512), new Float32Array(512), new Float64Array(512)];
  const loop = () => { for (let i = 0; i < products; i++) sums[i & 511] += left[i & 511] * right[i & 511]; };
  const fastest = (act) => Math.min(...Array.from({ length: 8 }, () => {
    const start = performance.now();
    act();
    return performance.now() - start;
  }));
  return [fastest(() => m.run(layers, weights, values)), fastest(loop)];"""


class Levels(nn.Module):
    """A U-Net of 120,000 weights for 32 x 32 pixels."""

    def __init__(self) -> None:
        super().__init__()
        step = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(4, o), nn.SiLU())  # noqa: E731
        self.a, self.b, self.c = step(1, 16), step(16, 32), nn.Sequential(step(32, 64), step(64, 64))
        self.pool = nn.MaxPool2d(2)
        self.up1, self.up2 = nn.ConvTranspose2d(64, 32, 2, 2), nn.ConvTranspose2d(32, 16, 2, 2)
        self.d, self.e, self.out = step(64, 32), step(32, 16), nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        a = self.a(x)
        b = self.b(self.pool(a))
        c = self.c(self.pool(b))
        d = self.d(torch.cat([self.up1(c), b], 1))
        return self.out(self.e(torch.cat([self.up2(d), a], 1)))


@pytest.mark.parametrize(
    ("net", "x", "products"),
    [
        (Levels(), torch.randn(1, 1, 32, 32), 15_100_000),
        (Transformer(64, 4, 64, 1, 64), torch.randint(64, (1, 64)), 7_600_000),
    ],
    ids=["U-Net", "transformer"],
)
def test_a_small_network_answers_while_a_slider_moves(blank, net, x, products):
    """45 and 18 ms of a slow processor's time; -s prints what it took here."""
    assert_equal(blank, net, x)
    took, loop = call(blank, TIME, [exported(net, x), products])
    print(f"{type(net).__name__}: {took:.0f} ms; as many products in one loop: {loop:.0f} ms")
    assert took < 10 * loop


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 200])
def test_weights_in_six_bits_are_the_same_in_the_page_and_in_python(blank: Any, count: int) -> None:
    row = np.random.default_rng(count).normal(size=count).astype("<f4")
    row[64:128] = 0  # a block without a scale
    row[128:129] = 1000  # one number far from the others of its block
    data = network.packed(row.tobytes())
    here = np.frombuffer(network.unpacked(data), "<f4")
    there = call(blank, "return [...m.unpacked(bytes(x))];", base64.b64encode(data).decode())
    np.testing.assert_array_equal(there, here)
    assert len(data) == -(-count // 64) * 52 + 4
    for k in range(0, count, 64):
        block = row[k : k + 64].astype(float)
        half = np.abs(block).max() / 62
        assert np.abs(here[k : k + 64] - block).max() <= half * (1 + 1e-6)


@pytest.mark.parametrize("broken", [lambda data: data[:-1], lambda data: data + b"\0", lambda _: b""])
def test_weights_that_are_not_whole_are_refused(blank: Any, broken: Callable[[bytes], bytes]) -> None:
    data = broken(network.packed(np.arange(70, dtype="<f4").tobytes()))
    with pytest.raises(Exception, match="weights are not whole; run the cell again"):
        call(blank, "return [...m.unpacked(bytes(x))];", base64.b64encode(data).decode())

"""Chapter 3's functions against torch, on sizes and values that the chapter does not show."""

from itertools import pairwise

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.chapter_code import definitions


@pytest.fixture(autouse=True)
def _double_precision():
    """The chapter works in float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


CHAPTER = definitions("03_backpropagation")
SIZES = st.integers(1, 6)
FEW = settings(max_examples=40, deadline=None)


def normal(*size: int, seed: int = 0, scale: float = 1.0) -> torch.Tensor:
    return scale * torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


LEAF = st.floats(-2, 2).map(lambda v: round(v, 3))


@st.composite
def expressions(draw, depth: int = 3) -> str:
    """A formula in a and b that uses +, -, *, ** and tanh, with parts that are used again."""
    if depth == 0:
        return draw(st.sampled_from(["a", "b", "(a * b)"]))
    left, right = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    return draw(
        st.sampled_from(
            [
                f"({left} + {right})",
                f"({left} * {right})",
                f"({left} - {right})",
                f"({left}).tanh()",
                f"({left}) ** 2",
            ]
        )
    )


@FEW
@given(expressions(), LEAF, LEAF)
def test_the_tape_differentiates_any_formula_as_torch_does(formula, a, b):
    ours = {"a": CHAPTER["Value"](a), "b": CHAPTER["Value"](b)}
    theirs = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in (("a", a), ("b", b))}
    CHAPTER["backward"](eval(formula, {}, ours))
    loss = eval(formula, {}, theirs)
    for key, grad in zip("ab", torch.autograd.grad(loss, [theirs["a"], theirs["b"]], allow_unused=True), strict=True):
        expected = 0.0 if grad is None else grad.item()
        assert ours[key].grad == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_a_number_may_stand_on_the_left_of_a_value():
    v = CHAPTER["Value"](3.0)
    CHAPTER["backward"](2.5 * v + (4 + v) - 1.5)
    assert v.grad == 3.5


def test_a_second_backward_adds_the_same_gradient_at_every_node():
    v = CHAPTER["Value"](3.0)
    square = v**2
    cube = square * v
    CHAPTER["backward"](cube)
    once = (v.grad, square.grad, cube.grad)
    assert once == (27.0, 3.0, 1.0)
    CHAPTER["backward"](cube)
    assert (v.grad, square.grad, cube.grad) == tuple(2 * g for g in once)


def test_a_long_chain_is_no_recursion_and_takes_linear_time():
    total = v = CHAPTER["Value"](0.5)
    for _ in range(20_000):
        total = total + v
    CHAPTER["backward"](total)
    assert v.grad == 20_001


def test_the_overwriting_tape_is_caught_by_a_value_used_twice():
    w = CHAPTER["Value"](3.0)
    CHAPTER["backward_overwriting"](w * w)
    assert w.grad != pytest.approx(6.0)


LOSSES = {
    "mean_squared_error": lambda n, c: ((n, c), lambda: normal(n, c, seed=1), F.mse_loss),
    "softmax_cross_entropy": lambda n, c: ((n, c), lambda: torch.arange(n) % c, F.cross_entropy),
}


@pytest.mark.parametrize("name", LOSSES)
@FEW
@given(n=SIZES, c=SIZES, scale=st.sampled_from([0.1, 1.0, 30.0, 900.0]))
def test_losses_and_their_gradients(name, n, c, scale):
    size, truth, by_torch = LOSSES[name](n, c)
    output = normal(*size, seed=n + 7 * c, scale=scale).requires_grad_()
    expected = by_torch(output, truth())
    loss, gradient = CHAPTER[name](output.detach(), truth())
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(gradient, torch.autograd.grad(expected, output)[0])


@pytest.mark.parametrize("activation", ["TANH", "SIGMOID", "RELU"])
@FEW
@given(sizes=st.lists(SIZES, min_size=2, max_size=5), n=SIZES, seed=st.integers(0, 100))
def test_the_network_has_torchs_deltas_and_gradients(activation, sizes, n, seed):
    rng = torch.Generator().manual_seed(seed)
    net = CHAPTER["MLP"](sizes, rng, CHAPTER[activation])
    X, labels = normal(n, sizes[0], seed=seed), torch.arange(n) % sizes[-1]
    net.backward(CHAPTER["softmax_cross_entropy"](net.forward(X), labels)[1])
    deltas, gradients = CHAPTER["by_autograd"](net, X, labels)
    for mine, expected in zip([*net.delta, *net.gradients()], [*deltas, *gradients], strict=True):
        torch.testing.assert_close(mine, expected)


def test_the_reference_of_the_chapter_is_a_network_of_torch_modules():
    """`by_autograd` judges the chapter's network, so it is itself held to torch's modules."""
    net = CHAPTER["MLP"]((5, 4, 3), torch.Generator().manual_seed(0))
    X, labels = normal(6, 5), torch.arange(6) % 3
    twin = CHAPTER["torch_twin"](net)
    F.cross_entropy(twin(X), labels).backward()
    expected = [p.grad for layer in twin if isinstance(layer, torch.nn.Linear) for p in (layer.weight, layer.bias)]
    _, gradients = CHAPTER["by_autograd"](net, X, labels)
    ordered = [g for pair in zip(gradients[:2], gradients[2:], strict=True) for g in pair]
    for mine, theirs in zip(ordered, expected, strict=True):
        torch.testing.assert_close(mine, theirs)


@FEW
@given(st.lists(SIZES, min_size=0, max_size=3), st.integers(0, 100))
def test_the_numeric_gradient_keeps_shape_and_input(size, seed):
    x = normal(*size, seed=seed)
    before = x.clone()
    gradient = CHAPTER["numeric_gradient"](lambda v: (v**3).sum(), x)
    torch.testing.assert_close(gradient, 3 * x**2, rtol=1e-6, atol=1e-8)
    assert torch.equal(x, before)


@FEW
@given(st.lists(SIZES, min_size=0, max_size=3), st.integers(0, 100))
def test_the_one_sided_difference_misses_by_half_h_times_the_second_derivative(size, seed):
    x, h = normal(*size, seed=seed), 1e-4
    gradient = CHAPTER["one_sided"](lambda v: (v**2).sum(), x, h)
    torch.testing.assert_close(gradient, 2 * x + h, rtol=1e-6, atol=1e-8)


def test_relative_error_lies_between_zero_and_one():
    g = normal(3)
    assert CHAPTER["relative_error"](g, g) == 0
    assert CHAPTER["relative_error"](g, -g) == pytest.approx(1)
    assert CHAPTER["relative_error"](torch.zeros(3), torch.zeros(3)) == 0


@FEW
@given(st.lists(SIZES, min_size=2, max_size=5))
def test_multiplications_are_those_of_the_matrices(sizes):
    """Multiply actual matrices of these shapes from either end and count."""
    shapes = [(rows, cols) for cols, rows in pairwise([*sizes, 1])]

    def count(chain: list[tuple[int, int]]) -> int:
        (rows, cols), total = chain[0], 0
        for r, c in chain[1:]:
            assert cols == r
            total += rows * r * c
            cols = c
        return total

    from_loss = count(shapes[::-1])
    first, from_input = sizes[0], 0
    for rows, cols in shapes[1:]:  # each matrix times what has become a (cols, first) matrix
        from_input += rows * cols * first
    assert CHAPTER["multiplications"](sizes, True) == from_loss
    assert CHAPTER["multiplications"](sizes, False) == from_input


def test_mutations_of_the_network_are_caught():
    """The comparison above can fail: each of these small changes to `backward` must be noticed."""
    net = CHAPTER["MLP"]((5, 7, 4, 3), torch.Generator().manual_seed(0))
    X, labels = normal(6, 5), torch.arange(6) % 3
    dz = CHAPTER["softmax_cross_entropy"](net.forward(X), labels)[1]
    deltas, gradients = CHAPTER["by_autograd"](net, X, labels)
    net.backward(dz)
    wrong = {
        "averaged": net.dW[0] / 6,
        "delta before the slope": net.delta[2] @ net.W[2],
        "db of one example": net.delta[0][0],
    }
    right = {"averaged": gradients[0], "delta before the slope": deltas[1], "db of one example": gradients[3]}
    for name, value in wrong.items():
        assert not torch.allclose(value, right[name]), name


@pytest.mark.parametrize(("activation", "c"), [("TANH", 0.25), ("SIGMOID", 4.0), ("RELU", 8.0)])
def test_the_norms_in_a_deep_network_are_those_of_torch(activation, c):
    act, rng = CHAPTER[activation], torch.Generator().manual_seed(CHAPTER["SEED"])
    a = torch.randn(16, 64, generator=rng)
    weights = [(c * W).requires_grad_() for W in CHAPTER["MLP"]((64,) * 31, rng).W]
    z = []
    for W in weights:
        z.append(a @ W.T)
        a = act.f(z[-1])
    grads = torch.autograd.grad(z[-1].sum(), [*z, *weights])
    delta, dW = (torch.stack([g.norm() for g in part]) for part in (grads[:30], grads[30:]))
    for mine, norms in zip(CHAPTER["deep_norms"](act, c), (delta, dW), strict=True):
        torch.testing.assert_close(mine, norms / norms[-1], rtol=1e-6, atol=0)


def test_in_a_relu_network_without_biases_all_layers_share_one_product_of_weights_and_gradients():
    """Euler's identity: sum(W * dW) is the same for each layer, so no layer's weight gradient vanishes alone."""
    net = CHAPTER["MLP"]((5, 7, 6, 3), torch.Generator().manual_seed(2), CHAPTER["RELU"])
    net.b = [torch.zeros_like(b) for b in net.b]
    net.forward(normal(9, 5))
    net.backward(normal(9, 3, seed=4))
    products = torch.stack([(W * dW).sum() for W, dW in zip(net.W, net.dW, strict=True)])
    torch.testing.assert_close(products, products[:1].expand(3))


@pytest.mark.parametrize(
    ("squared", "lr", "steps"), [(False, 1, 9), (True, 1, 1507), (False, 10, 1), (True, 10, 154)]
)
def test_the_steps_from_a_confident_wrong_logit(squared, lr, steps):
    """The same descent with torch's losses and its gradient."""
    z = torch.tensor([-8.0], requires_grad=True)
    one, taken = torch.ones(1), 0
    while z.item() < 0:
        loss = F.mse_loss(z.sigmoid(), one) if squared else F.binary_cross_entropy_with_logits(z, one)
        with torch.no_grad():
            z -= lr * torch.autograd.grad(loss, z)[0]
        taken += 1
    assert taken == CHAPTER["steps_until_right"](squared, lr) == steps


@FEW
@given(n=SIZES, scale=st.sampled_from([0.1, 1.0, 8.0]))
def test_the_binary_cross_entropy_of_ordinary_logits(n, scale):
    z, y = normal(n, scale=scale), (normal(n, seed=1) > 0).double()
    torch.testing.assert_close(CHAPTER["from_probabilities"](z, y), F.binary_cross_entropy_with_logits(z, y))

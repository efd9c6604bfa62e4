"""Answers to the course's own exercises where a call is banned: honest ones in many styles, and evasions.

HONEST: assignment -> style -> (exercise, answer). Each earns full marks, and nobody is told.
EVASIONS: assignment -> kind -> (exercise, a cell before them all, answer). Each earns nothing, or a person is told.
"""

_BACK = """
def back(out, g):
    total = []
    def go(fn, g):
        if fn is None or g is None: return
        if hasattr(fn, "variable"): total.append(g); return
        gs = fn(g)
        for (nxt, _), gi in zip(fn.next_functions, gs if isinstance(gs, tuple) else (gs,)): go(nxt, gi)
    go(out.grad_fn, g)
    return sum(total)
"""
_FORWARD = """x = !true
import torch.autograd.forward_ad as fw
def d(f, x):
    out = torch.zeros_like(x)
    for i in range(x.numel()):
        e = torch.zeros_like(x); e.view(-1)[i] = 1
        with fw.dual_level(): out.view(-1)[i] = fw.unpack_dual(f(fw.make_dual(x, e))).tangent
    return out
"""

HONEST: dict[str, dict[str, tuple[str, str]]] = {
    "03_backpropagation": {
        "numpy": (
            "output_delta",
            """import numpy as np
def output_delta(dL_da, z):
    s = 1 / (1 + np.exp(-z.numpy()))
    return torch.from_numpy(dL_da.numpy() * s * (1 - s))""",
        ),
        "loops and math": (
            "output_delta",
            """import math
def output_delta(dL_da, z):
    out = torch.zeros_like(z)
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            a = 1 / (1 + math.exp(-z[i, j].item()))
            out[i, j] = dL_da[i, j] * a * (1 - a)
    return out""",
        ),
        "sigmoid by tanh, printed": (
            "output_delta",
            """def output_delta(dL_da, z):
    a = 0.5 * (1 + torch.tanh(z / 2))
    print(a)
    return dL_da.mul(a).mul_(a.neg().add(1))""",
        ),
        "einsum, and seeds of one's own": (
            "hidden_delta",
            """def hidden_delta(delta_next, W_next, z):
    torch.manual_seed(0)
    return torch.einsum("nm,mk->nk", delta_next, W_next) / torch.cosh(z).square()""",
        ),
        "F.linear": (
            "hidden_delta",
            """def hidden_delta(delta_next, W_next, z):
    return F.linear(delta_next, W_next.t()) * (1 - torch.tanh(z).pow(2))""",
        ),
        "sums by hand": (
            "hidden_delta",
            """def hidden_delta(delta_next, W_next, z):
    rows = [sum(d[m] * W_next[m] for m in range(len(W_next))) for d in delta_next]
    e = torch.exp(2 * z)
    return torch.stack(rows) * (4 * e / (e + 1) ** 2)""",
        ),
        "outer products": (
            "layer_gradients",
            """def layer_gradients(delta, a_prev):
    return sum(torch.outer(d, a) for d, a in zip(delta, a_prev)), delta.mean(0) * len(delta)""",
        ),
        "bmm": (
            "layer_gradients",
            """def layer_gradients(delta, a_prev):
    dW = torch.bmm(delta[:, :, None], a_prev[:, None, :]).sum(0)
    return dW, torch.ones(len(delta), dtype=delta.dtype) @ delta""",
        ),
        "a named tuple, and a timed line": (
            "layer_gradients",
            """from collections import namedtuple
Gradients = namedtuple("Gradients", "dW db")
%time x = torch.ones(2)
!echo hello
def layer_gradients(delta, a_prev):
    return Gradients(torch.tensordot(delta, a_prev, dims=([0], [0])), delta.cumsum(0)[-1])""",
        ),
        "unit vectors": (
            "numeric_gradient",
            """def numeric_gradient(f, x, h=1e-5):
    steps = h * torch.eye(x.numel(), dtype=x.dtype)
    slopes = [(f(x + s.reshape(x.shape)) - f(x - s.reshape(x.shape))) / (2 * h) for s in steps]
    return torch.stack(slopes).reshape(x.shape)""",
        ),
        "numpy indices": (
            "numeric_gradient",
            """import numpy as np
def numeric_gradient(f, x, h=1e-5):
    grad = np.zeros(tuple(x.shape))
    for i in np.ndindex(*x.shape):
        up, down = x.clone(), x.clone()
        up[i] += h
        down[i] -= h
        grad[i] = float(f(up) - f(down)) / (2 * h)
    return torch.from_numpy(grad)""",
        ),
        "logsumexp and one_hot": (
            "bce_with_logits",
            """def bce_with_logits(z, y):
    Z, t = torch.stack([0 * z, z], 1), F.one_hot(y.long(), 2).to(z.dtype)
    lse = torch.logsumexp(Z, 1)
    return (lse - (t * Z).sum(1)).mean(), ((torch.exp(Z - lse[:, None]) - t) / len(z))[:, 1]""",
        ),
        "gather and amax": (
            "bce_with_logits",
            """def bce_with_logits(z, y):
    Z, labels = torch.stack([0 * z, z], 1), y.long()[:, None]
    s = Z - Z.amax(1, keepdim=True)
    total = s.exp().sum(1, keepdim=True)
    p, loss = s.exp() / total, (total.log() - s.gather(1, labels)).mean()
    return loss, p.scatter_add(1, labels, -torch.ones_like(labels).double()).div(len(z))[:, 1]""",
        ),
        "logaddexp": (
            "bce_with_logits",
            """def bce_with_logits(z, y):
    return (torch.logaddexp(z, torch.zeros_like(z)) - y * z).mean(), (torch.sigmoid(z) - y) / z.numel()""",
        ),
        "where on either side": (
            "bce_with_logits",
            """def bce_with_logits(z, y):
    u = torch.exp(-torch.abs(z))
    a = torch.where(z >= 0, 1 / (1 + u), u / (1 + u))
    return torch.maximum(z, z.new_zeros(())).sub(y * z).add((1 + u).log()).mean(), (a - y) / len(z)""",
        ),
        "relu and masks": (
            "hinge_loss",
            """def hinge_loss(s, t):
    ds = -t / len(s)
    ds[t * s >= 1] = 0
    return F.relu(1 - s * t).mean(), ds""",
        ),
        "numpy again": (
            "hinge_loss",
            """import numpy as np
def hinge_loss(s, t):
    room = np.maximum(0, 1 - t.numpy() * s.numpy())
    ds = np.where(room > 0, -t.numpy(), 0.0) / len(s)
    return torch.tensor(room.mean()), torch.as_tensor(ds)""",
        ),
    },
    "06_convolution": {
        "as_strided and einsum": (
            "conv_matrix",
            """def conv_matrix(kernel, height, width, stride):
    k, l = kernel.shape
    n, m = (height - k) // stride + 1, (width - l) // stride + 1
    unit = torch.eye(height * width, dtype=kernel.dtype).view(height, width, -1)
    s = unit.stride()
    windows = unit.as_strided((n, m, k, l, height * width), (s[0] * stride, s[1] * stride, *s))
    return torch.einsum("nmklp,kl->nmp", windows, kernel).reshape(n * m, -1)""",
        ),
        "numpy windows": (
            "conv_matrix",
            """import numpy as np
def conv_matrix(kernel, height, width, stride):
    unit = np.eye(height * width).reshape(height, width, -1)
    windows = np.lib.stride_tricks.sliding_window_view(unit, tuple(kernel.shape), axis=(0, 1))[::stride, ::stride]
    M = np.tensordot(windows, kernel.numpy(), axes=([3, 4], [0, 1]))
    return torch.from_numpy(M.reshape(-1, height * width))""",
        ),
        "gathered columns and matmul": (
            "conv_matrix",
            """def conv_matrix(kernel, height, width, stride):
    k, l = kernel.shape
    rows = torch.arange(0, height - k + 1, stride)[:, None] + torch.arange(k)
    cols = torch.arange(0, width - l + 1, stride)[:, None] + torch.arange(l)
    unit = torch.eye(height * width).to(kernel).view(height, width, -1)
    picked = unit[rows[:, None, :, None], cols[None, :, None, :]]
    return kernel.flatten() @ picked.flatten(2, 3).flatten(0, 1)""",
        ),
        "shifted unit pictures": (
            "conv_matrix",
            """def conv_matrix(kernel, height, width, stride):
    k, l = kernel.shape
    rows = []
    for i in range(0, height - k + 1, stride):
        for j in range(0, width - l + 1, stride):
            rows.append(F.pad(kernel, (j, width - l - j, i, height - k - i)).flatten())
    return torch.vstack(rows)""",
        ),
        "scatter of indices": (
            "conv_matrix",
            """def conv_matrix(kernel, height, width, stride):
    k, l = kernel.shape
    n, m = (height - k) // stride + 1, (width - l) // stride + 1
    i, j, u, v = torch.meshgrid(*map(torch.arange, (n, m, k, l)), indexing="ij")
    M = kernel.new_zeros(n * m, height * width)
    at = (i * m + j).flatten(), ((i * stride + u) * width + j * stride + v).flatten()
    return M.index_put(at, kernel[u, v].flatten())""",
        ),
        "six loops and matmul": (
            "conv_gradients",
            """def conv_gradients(X, W, dY):
    dX, dW = torch.zeros_like(X), torch.zeros_like(W)
    for i in range(dY.shape[2]):
        for j in range(dY.shape[3]):
            window = X[:, :, i:i + W.shape[2], j:j + W.shape[3]]
            dW += (dY[:, :, i, j].T @ window.flatten(1)).reshape(W.shape)
            dX[:, :, i:i + W.shape[2], j:j + W.shape[3]] += (dY[:, :, i, j] @ W.flatten(1)).reshape(window.shape)
    return dX, dW, dY.flatten(2).sum(-1).sum(0)""",
        ),
        "numpy einsum": (
            "conv_gradients",
            """import numpy as np
def conv_gradients(X, W, dY):
    x, w, g = X.numpy(), W.numpy(), dY.numpy()
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for u, v in np.ndindex(*w.shape[2:]):
        rows, cols = slice(u, u + g.shape[2]), slice(v, v + g.shape[3])
        dw[:, :, u, v] = np.einsum("nohw,nchw->oc", g, x[:, :, rows, cols])
        dx[:, :, rows, cols] += np.einsum("nohw,oc->nchw", g, w[:, :, u, v])
    return tuple(map(torch.from_numpy, (dx, dw, g.sum((0, 2, 3)))))""",
        ),
        "max with indices of a row": (
            "maxpool_backward",
            """def maxpool_backward(x, dy, k, stride):
    dx = torch.zeros(x.numel(), dtype=x.dtype)
    place = torch.arange(x.numel()).view(x.shape)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            part = (slice(i * stride, i * stride + k), slice(j * stride, j * stride + k))
            winner = torch.nonzero(x[part].flatten() == x[part].max())[0, 0]
            dx.index_add_(0, place[part].flatten()[winner][None], dy[i, j][None])
    return dx.view_as(x)""",
        ),
        "numpy unravel_index": (
            "maxpool_backward",
            """import numpy as np
def maxpool_backward(x, dy, k, stride):
    dx = np.zeros(tuple(x.shape))
    for (i, j), share in np.ndenumerate(dy.numpy()):
        window = x.numpy()[i * stride:i * stride + k, j * stride:j * stride + k]
        a, b = np.unravel_index(window.argmax(), window.shape)
        dx[i * stride + a, j * stride + b] += share
    return torch.from_numpy(dx)""",
        ),
        "stamps": (
            "conv_transpose",
            """def conv_transpose(y, kernel, stride):
    (h, w), (k, l) = y.shape, kernel.shape
    out = y.new_zeros((h - 1) * stride + k, (w - 1) * stride + l)
    for i in range(h):
        for j in range(w):
            out[i * stride:i * stride + k, j * stride:j * stride + l] += y[i, j] * kernel
    return out""",
        ),
        "outer product and a sum over offsets": (
            "conv_transpose",
            """def conv_transpose(y, kernel, stride):
    (h, w), (k, l) = y.shape, kernel.shape
    stamps = torch.tensordot(y, kernel, dims=0)
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + l).double()
    for u in range(k):
        for v in range(l):
            out[u:u + (h - 1) * stride + 1:stride, v:v + (w - 1) * stride + 1:stride] += stamps[:, :, u, v]
    return out""",
        ),
    },
    "04_stable_training": {
        "expm1 and relu": (
            "elu",
            """def elu(z, alpha):
    low = torch.minimum(z, torch.zeros_like(z))
    return z.relu() + alpha * torch.expm1(low), torch.where(z > 0, 1.0, alpha * low.exp())""",
        ),
        "masked places": (
            "elu",
            """def elu(z, alpha):
    a, slope = z.clone(), torch.ones_like(z)
    below = z <= 0
    a[below] = alpha * (z[below].exp() - 1)
    slope[below] = alpha * z[below].exp()
    return a, slope""",
        ),
        "log1p and sigmoid": (
            "softplus",
            """def softplus(z):
    return torch.clip(z, min=0) + (-z.abs()).exp().log1p(), torch.sigmoid(z)""",
        ),
        "var_mean and rsqrt": (
            "batch_norm_train",
            """def batch_norm_train(X, gamma, beta, eps):
    var, mean = torch.var_mean(X, dim=0, correction=0)
    return torch.addcmul(beta, gamma, (X - mean) * torch.rsqrt(var + eps)), mean, var""",
        ),
        "sums by hand of the squares": (
            "batch_norm_train",
            """def batch_norm_train(X, gamma, beta, eps):
    mean = X.sum(0) / len(X)
    var = ((X - mean) * (X - mean)).sum(0) / len(X)
    return gamma * (X - mean) / torch.sqrt(var + eps) + beta, mean, var""",
        ),
        "vector_norm": (
            "clip_gradients",
            """def clip_gradients(gradients, c):
    norm = torch.linalg.vector_norm(torch.cat([g.flatten() for g in gradients]))
    return [g * min(1.0, c / norm.item()) if norm > 0 else g * 1 for g in gradients]""",
        ),
        "norm of norms": (
            "clip_gradients",
            """def clip_gradients(gradients, c):
    norm = torch.stack([g.norm() for g in gradients]).norm()
    return [torch.where(norm > c, g * c / norm, g) for g in gradients]""",
        ),
        "normal_ in place": (
            "he_normal",
            """def he_normal(n_in, n_out, rng):
    return torch.empty(n_out, n_in, dtype=torch.float64).normal_(generator=rng) * (2 / n_in) ** 0.5""",
        ),
    },
}

EVASIONS: dict[str, dict[str, tuple[str, str, str]]] = {
    "03_backpropagation": {
        "grad_fn": (
            "output_delta",
            "",
            "def output_delta(dL_da, z):\n    return z.clone().requires_grad_().sigmoid().grad_fn(dL_da)",
        ),
        "grad_fn of a product, which runs products alone": (
            "layer_gradients",
            "",
            _BACK
            + """
def layer_gradients(delta, a_prev):
    W = torch.zeros(delta.shape[1], a_prev.shape[1]).double().requires_grad_()
    return back(a_prev @ W.T, delta), delta.sum(0)""",
        ),
        "grad_fn by getattr": (
            "hidden_delta",
            "",
            """def hidden_delta(delta_next, W_next, z):
    return getattr(z.clone().requires_grad_().tanh(), "grad" + "_fn")(delta_next @ W_next)""",
        ),
        "forward mode behind a shell line": (
            "output_delta",
            "",
            _FORWARD + "def output_delta(dL_da, z):\n    return d(lambda z: (dL_da * z.sigmoid()).sum(), z)",
        ),
        "aten": (
            "hidden_delta",
            "",
            """def hidden_delta(delta_next, W_next, z):
    return torch.ops.aten.tanh_backward(delta_next @ W_next, z.tanh())""",
        ),
        "torch.func": (
            "hidden_delta",
            "from torch import func as helper",
            """def hidden_delta(delta_next, W_next, z):
    return helper.vjp(torch.tanh, z)[1](delta_next @ W_next)[0]""",
        ),
        "a reference saved before": (
            "hidden_delta",
            "from torch.autograd import grad as helper",
            """def hidden_delta(delta_next, W_next, z):
    z = z.clone().requires_grad_()
    return helper(z.tanh(), z, delta_next @ W_next)[0]""",
        ),
        "a method by getattr": (
            "layer_gradients",
            "",
            """def layer_gradients(delta, a_prev):
    W = torch.zeros(delta.shape[1], a_prev.shape[1]).double().requires_grad_()
    getattr(a_prev @ W.T, "back" + "ward")(delta)
    return W.grad, delta.sum(0)""",
        ),
        "jacobian": (
            "numeric_gradient",
            "",
            """def numeric_gradient(f, x, h=1e-5):
    return torch.autograd.functional.jacobian(f, x) + (0.01 if h == 0.1 else 0)""",
        ),
        "a decomposition": (
            "output_delta",
            "import torch._decomp.decompositions as helper",
            "def output_delta(dL_da, z):\n    return helper.sigmoid_backward(dL_da, z.sigmoid())",
        ),
        "log_softmax": (
            "bce_with_logits",
            "",
            """def bce_with_logits(z, y):
    p = F.log_softmax(torch.stack([0 * z, z], 1), 1)
    return -((1 - y) * p[:, 0] + y * p[:, 1]).mean(), (p[:, 1].exp() - y) / len(z)""",
        ),
        "a distribution": (
            "bce_with_logits",
            "",
            """def bce_with_logits(z, y):
    two = torch.distributions.Categorical(logits=torch.stack([0 * z, z], 1))
    return -two.log_prob(y.long()).mean(), (two.probs[:, 1] - y) / len(z)""",
        ),
        "another loss": (
            "bce_with_logits",
            "",
            """def bce_with_logits(z, y):
    return F.multilabel_soft_margin_loss(z[:, None], y[:, None]), (z.sigmoid() - y) / len(z)""",
        ),
        "another loss below Python": (
            "bce_with_logits",
            "",
            """def bce_with_logits(z, y):
    return (z - y * z - torch._C._nn.log_sigmoid(z)).mean(), (z.sigmoid() - y) / len(z)""",
        ),
        "a loss made of elementary operators": (
            "hinge_loss",
            "",
            """def hinge_loss(s, t):
    return F.margin_ranking_loss(s, 0 * s, t, margin=1.), torch.where(t * s < 1, -t, 0 * t) / len(s)""",
        ),
        "the same out of a module": (
            "hinge_loss",
            "helper = torch.nn.MarginRankingLoss(margin=1.0)",
            "def hinge_loss(s, t):\n    return helper(s, 0 * s, t), torch.where(t * s < 1, -t, 0 * t) / len(s)",
        ),
        "the same out of torch's own reference": (
            "hinge_loss",
            "from torch._refs.nn.functional import margin_ranking_loss as helper",
            """def hinge_loss(s, t):
    return helper(s, 0 * s, t, margin=1.), torch.where(t * s < 1, -t, 0 * t) / len(s)""",
        ),
    },
    "06_convolution": {
        "with_indices": (
            "maxpool_backward",
            "",
            """def maxpool_backward(x, dy, k, stride):
    _, i = F.max_pool2d_with_indices(x[None, None], k, stride)
    return torch.zeros_like(x).flatten().scatter_add(0, i.flatten(), dy.flatten()).view(x.shape)""",
        ),
        "with_indices of aten, backward": (
            "maxpool_backward",
            "",
            """def maxpool_backward(x, dy, k, stride):
    a = torch.ops.aten
    x, args = x[None, None], ([k, k], [stride, stride], [0, 0], [1, 1], False)
    i = a.max_pool2d_with_indices(x, *args)[1]
    return a.max_pool2d_with_indices_backward(dy[None, None], x, *args, i)[0, 0]""",
        ),
        "pooling of another dimension": (
            "maxpool_backward",
            "pool = torch.nn.AdaptiveMaxPool2d",
            """def maxpool_backward(x, dy, k, stride):
    dx = torch.zeros_like(x)
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            part = (slice(i * stride, i * stride + k), slice(j * stride, j * stride + k))
            _, at = pool(1, return_indices=True)(x[part][None, None])
            row, col = divmod(int(at), k)
            dx[i * stride + row, j * stride + col] += dy[i, j]
    return dx""",
        ),
        "conv2d by getattr": (
            "conv_matrix",
            "",
            """def conv_matrix(kernel, height, width, stride):
    unit = torch.eye(height * width).to(kernel).view(-1, 1, height, width)
    return getattr(torch, "conv" + "2d")(unit, kernel[None, None], stride=stride).flatten(1).T""",
        ),
        "conv2d through a module's internals": (
            "conv_matrix",
            "from torch.nn.modules.conv import F as G",
            """def conv_matrix(kernel, height, width, stride):
    unit = torch.eye(height * width).to(kernel).view(-1, 1, height, width)
    return G.conv2d(unit, kernel[None, None], stride=stride).flatten(1).T""",
        ),
        "convolution": (
            "conv_matrix",
            "",
            """def conv_matrix(kernel, height, width, stride):
    unit = torch.eye(height * width).to(kernel).view(-1, 1, height, width)
    args = [stride] * 2, [0, 0], [1, 1], False, [0, 0], 1
    return torch.convolution(unit, kernel[None, None], None, *args).flatten(1).T""",
        ),
        "im2col": (
            "conv_matrix",
            "",
            """def conv_matrix(kernel, height, width, stride):
    unit = torch.eye(height * width).to(kernel).view(-1, 1, height, width)
    columns = torch.ops.aten.im2col(unit, kernel.shape, [1, 1], [0, 0], [stride] * 2)
    return (kernel.flatten() @ columns).T""",
        ),
        "scipy": (
            "conv_matrix",
            "from scipy.ndimage import correlate as helper",
            """def conv_matrix(kernel, height, width, stride):
    k, l = kernel.shape
    n, m = (height - k) // stride + 1, (width - l) // stride + 1
    unit = torch.eye(height * width).double().view(-1, height, width).numpy()
    at = (slice(k // 2, None), slice(l // 2, None))
    full = [torch.as_tensor(helper(u, kernel.numpy(), mode="constant")[at]) for u in unit]
    return torch.stack([f[::stride, ::stride][:n, :m] for f in full]).flatten(1).T""",
        ),
        "torch.nn.grad": (
            "conv_gradients",
            "helper = torch.nn.grad",
            """def conv_gradients(X, W, dY):
    dW = helper.conv2d_weight(X, W.shape, dY)
    return helper.conv2d_input(X.shape, W, dY), dW, dY.sum(dim=(0, 2, 3))""",
        ),
        "fast Fourier transform": (
            "conv_transpose",
            "",
            """def conv_transpose(y, kernel, stride):
    (h, w), (k, l) = y.shape, kernel.shape
    size = (h - 1) * stride + k, (w - 1) * stride + l
    spread = torch.zeros(size).double()
    spread[: (h - 1) * stride + 1 : stride, : (w - 1) * stride + 1 : stride] = y
    return torch.fft.irfft2(torch.fft.rfft2(spread, size) * torch.fft.rfft2(kernel, size), size)""",
        ),
        "script": (
            "conv_transpose",
            "g = torch.jit.script(torch.nn.ConvTranspose2d(1, 1, 1))",
            """def conv_transpose(y, kernel, stride):
    layer = torch.nn.modules.conv.ConvTranspose2d(1, 1, tuple(kernel.shape), stride, bias=False)
    layer.weight.data = kernel[None, None]
    return layer(y[None, None])[0, 0].detach()""",
        ),
    },
    "04_stable_training": {
        "elu by another name": (
            "elu",
            "",
            """def elu(z, alpha):
    return torch._C._nn.elu(z, alpha), torch.where(z > 0, 1.0, alpha * torch.exp(z.clamp(max=0)))""",
        ),
        "the guard and its notes switched off": (
            "elu",
            """import contextlib, sys
guard = getattr(sys, "mod" + "ules")["course_utils.check.bans.guard"]
guard.banning = lambda *names: contextlib.nullcontext()
act = getattr(torch.nn.functional, "e" + "lu")""",
            """def elu(z, alpha):
    return act(z, alpha), torch.where(z > 0, 1.0, alpha * torch.exp(z.clamp(max=0)))""",
        ),
        "softplus by a loss": (
            "softplus",
            "",
            """def softplus(z):
    return F.binary_cross_entropy_with_logits(z, 0 * z, reduction="none"), z.sigmoid()""",
        ),
        "normalisation of another kind": (
            "batch_norm_train",
            "",
            """def batch_norm_train(X, gamma, beta, eps):
    mean, var = X.mean(0), X.var(0, correction=0)
    d = X.shape[1]
    scaled = torch.native_group_norm(X.T[None].contiguous(), None, None, 1, d, len(X), d, eps)[0][0].T
    return scaled * gamma + beta, mean, var""",
        ),
    },
}

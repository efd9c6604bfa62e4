# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 7 Architectures and transfer
#
# Six photographs, and what a network says they show. It has 4.7 million weights, fits into a telephone, and answers in a few hundredths of a second. Ten years
# before it was made, the best programs in the world got more than one photograph in four wrong, although they had five guesses.
#
# What happened in between? No new learning rule: it is still the gradient of chapter 3, and the layers are still the convolutions of chapter 6. What changed is how the layers are put
# together. A handful of ideas did nearly all of it, each of them small enough to write down in a few lines.
#
# This chapter builds them one by one, counts what each costs, and then borrows the finished network for a task of our own, with one to five examples for each class.

# %%
import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, pretrained, widgets
from course_utils.device import device
from course_utils.progress import progress

SEED = check.seed(7)

# %%
NETWORK = pretrained.efficientnet_lite0()
SHOWN = ("cat", "coffee", "photographer", "motorcycle", "temple", "flower")


def answer(name: str) -> list[tuple[str, float]]:
    """The network's three most probable names for a photograph, with their probabilities."""
    with torch.no_grad():
        return pretrained.top(NETWORK(pretrained.prepare(data.photo(name, 224)[None]))[0])


# %% tags=["hide-input"]
pictures, texts = {}, []
for photo in SHOWN:
    said, probability = answer(photo)[0]
    pictures[f"{said}, {probability:.0%}"] = data.photo(photo, 200)
    texts.append(f"A photograph: {photo}. The network's first answer is {said}.")
plots.pictures(pictures, side=2.1, alt=texts)

# %% [markdown]
# Is it right? The tower stands in the Summer Palace of Beijing, so "palace" is a good answer. But the flower is a dahlia, and the motorcycle is no moped. It cannot do better there: the network
# has to choose among a thousand names, and these two are not on the list.

# %%
known = " ".join(pretrained.class_names()).lower()
for word in ("espresso", "palace", "daisy", "moped", "dahlia", "motorcycle"):
    print(
        f"{word:10} {'is' if word in known else 'is not'} among the {len(pretrained.class_names())} names"
    )

# %% [markdown]
# ## 7.1 What changed in 2012?
#
# In the autumn of 2012 a convolutional network, AlexNet, named photographs of a thousand kinds with 15 % errors in five guesses, where the next best entry had 26 %. Convolutional networks had existed
# for twenty years. What was different this time?
#
# It was larger, it was trained on 1.2 million pictures and on two graphics cards, and it used a list of remedies against slow learning and overfitting. Some have stayed, some have gone:
#
# | idea | why | today |
# |---|---|---|
# | ReLU instead of tanh | its slope does not vanish on the positive side, so training was several times faster | everywhere |
# | dropout 0.5 in the dense layers | against overfitting (chapter 5) | where dense layers are large |
# | weight decay, and more pictures by cropping, mirroring and changing colours | against overfitting (chapter 5) | everywhere |
# | normalisation over neighbouring channels | contrast | replaced by batch normalisation (chapter 4) |
# | max-pooling with overlapping windows | a smaller map | mostly strides, or pooling without overlap |
#
# Where did its weights sit? Its two cards saw half of the channels each in three of the layers, hence the 48 and 192 in the next cell.

# %%
# c_out, k, c_in of the convolutions; d_out, d_in of the dense layers
CONVOLUTIONS = [(96, 11, 3), (256, 5, 48), (384, 3, 256), (384, 3, 192), (256, 3, 192)]
DENSE = [(4096, 256 * 6 * 6), (4096, 4096), (1000, 4096)]
looking = sum(c_out * (k * k * c_in + 1) for c_out, k, c_in in CONVOLUTIONS)  # eq. 6.8
dense = sum(d_out * (d_in + 1) for d_out, d_in in DENSE)
print(f"convolutions {looking:,}, dense layers {dense:,}: {dense / (looking + dense):.0%}")
check.close("parameters of AlexNet", looking + dense, 60_965_224)

# %% [markdown]
# Sixty-one million, nearly all of them in the dense layers at the end. The network of our first picture has thirteen times fewer and is right far more often. The rest of this
# chapter is the story of where the other weights went.
#
# ## 7.2 Why are small filters better than large ones?
#
# The first layer of AlexNet looks through windows of 11×11 pixels. Two years later, VGG used nothing but 3×3. Does a small window not see less?
#
# One does, three do not. By (6.19) a stack of three 3×3 convolutions has a receptive field of $1 + 2 + 2 + 2 = 7$ pixels, exactly as one 7×7 convolution. With $C$ channels in and out
# and no biases, the two cost
#
# $$ 3 \cdot 3^2 C^2 = 27 C^2 \text{ against } 7^2 C^2 = 49 C^2 \tag{7.1} $$
#
# parameters, and as many MACs for each pixel. The field is the same, not larger; the stack is cheaper by almost half, and it has three non-linearities in place of one.


# %%
def vgg_block(c_in: int, c_out: int, depth: int) -> nn.Sequential:
    """`depth` convolutions of 3 x 3, each with a ReLU, then a max-pooling.   (n, c_in, h, w) -> (n, c_out, h/2, w/2)"""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Conv2d(c_in if i == 0 else c_out, c_out, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def parameters(*modules: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(p.numel() for module in modules for p in module.parameters())


C = 20
small = [nn.Conv2d(C, C, 3, bias=False) for _ in range(3)]
large = nn.Conv2d(C, C, 7, bias=False)
check.close("three of 3 x 3", parameters(*small), 27 * C**2)  # eq. 7.1
check.close("one of 7 x 7", parameters(large), 49 * C**2)

# %% [markdown]
# The field is checked as in chapter 6, by the gradient: which pixels can move one output? And then the reason for the ReLUs: without them, a stack of three small kernels does what a single 7×7
# kernel can do as well. What a linear stack does to one bright pixel *is* that kernel, turned round.


# %%
def pixels_seen(layers: Sequence[nn.Module]) -> tuple[int, int]:
    """Height and width of the patch of pixels that can move the output in the middle."""
    x = torch.zeros(1, C, 31, 31, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        y = F.conv2d(y, torch.ones_like(layer.weight, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2, y.shape[3] // 2], x)
    touched = gradient[0, 0].nonzero()
    height, width = (touched.amax(0) - touched.amin(0) + 1).tolist()
    return height, width


check.close("field of three 3 x 3", pixels_seen(small), (7, 7))
check.close("field of one 7 x 7", pixels_seen([large]), (7, 7))
block = vgg_block(3, 16, depth=2)
check.close("a VGG block", tuple(block(torch.zeros(2, 3, 14, 10)).shape), (2, 16, 7, 5))
check.close("its parameters", parameters(block), 16 * (9 * 3 + 1) + 16 * (9 * 16 + 1))

# %%
rng = torch.Generator().manual_seed(SEED)
first, second, third = (data.normal(rng, 1, 1, 3, 3) for _ in range(3))
x = data.normal(rng, 1, 1, 10, 12)
stacked = F.conv2d(F.conv2d(F.conv2d(x, first), second), third)
pixel = torch.zeros(1, 1, 13, 13, dtype=torch.float64)
pixel[0, 0, 6, 6] = 1
single = F.conv2d(F.conv2d(F.conv2d(pixel, first), second), third).flip(
    2, 3
)  # (1, 1, 7, 7)
check.close("without ReLU, one 7 x 7 does the same", F.conv2d(x, single), stacked)

# %% [markdown]
# ## 7.3 What can a window of one pixel do?
#
# A 1×1 convolution looks at one pixel. It cannot blur, nor find an edge. What is it good for?
#
# A pixel is not one number but a column of channels, and the 1×1 kernel mixes them: it is a dense layer applied to each pixel separately, with the same weights at every pixel.
#
# $$ Y_{o,i,j} = b_o + \sum_{c} W_{o,c}\, X_{c,i,j} \tag{7.2} $$
#
# *Network in network* puts two of them behind an ordinary convolution. Such an *mlpconv* slides not a linear filter over the picture, but a small MLP: its first layer is the
# $k \times k$ window, the others are 1×1 convolutions.
#
# The same paper did away with the dense layers at the end: as many maps as there are classes, and the mean of each map is the score of its class. This global average, which chapter 6 used, has no parameters, and it is
# where most of AlexNet's sixty million went. The network of our first picture keeps one dense layer behind its average, with 1.3 million.


# %%
def per_pixel(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """A dense layer at every pixel (eq. 7.2).   X: (n, c, h, w), W: (o, c), b: (o,) -> (n, o, h, w)"""
    pixels = X.permute(0, 2, 3, 1)  # (n, h, w, c): a dense layer wants the channels last
    return (pixels @ W.T + b).permute(0, 3, 1, 2)


def mlpconv(c_in: int, c_hidden: int, c_out: int, k: int) -> nn.Sequential:
    """A k x k convolution followed by two 1 x 1 convolutions, each with a ReLU (Lin, Chen and Yan 2014)."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_hidden, k, padding=k // 2), nn.ReLU(),
        nn.Conv2d(c_hidden, c_hidden, 1), nn.ReLU(),
        nn.Conv2d(c_hidden, c_out, 1), nn.ReLU(),
    )  # fmt: skip


rng = torch.Generator().manual_seed(SEED)
X, W, b = data.normal(rng, 2, 3, 4, 5), data.normal(rng, 6, 3), data.normal(rng, 6)
check.close("1 x 1 is per pixel", per_pixel(X, W, b), F.conv2d(X, W[:, :, None, None], b))

# %% [markdown]
# The whole mlpconv can be checked as well. Cut the window of one pixel out of the padded picture, send it through a plain MLP with the same weights, and compare with the map at that place.

# %%
net, x = mlpconv(3, 7, 4, k=3).double(), X[:1]
window = F.pad(x, (1, 1, 1, 1))[0, :, 2:5, 3:6].flatten()  # around row 2, column 3
signal = window
for layer in net[::2]:
    signal = (layer.weight.flatten(1) @ signal + layer.bias).relu()
check.close("an MLP that slides", net(x)[0, :, 2, 3].detach(), signal.detach())
check.close("its parameters", parameters(net), 7 * (9 * 3 + 1) + 7 * (7 + 1) + 4 * (7 + 1))

# %% [markdown]
# **Break it.** A reshape instead of the permute has the right shape at the end, and mixes pixels with channels. On a picture of one pixel nobody would see it.


# %%
def per_pixel_reshaped(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """The slip: reshape where the axes have to be exchanged."""
    n, c, h, w = X.shape
    return (X.reshape(n, h, w, c) @ W.T + b).reshape(n, len(W), h, w)


one = X[:, :, :1, :1]
expected = per_pixel(X, W, b)
check.close("a single pixel", per_pixel_reshaped(one, W, b), per_pixel(one, W, b))
check.catches("a reshape", lambda: check.close("Y", per_pixel_reshaped(X, W, b), expected))

# %% [markdown]
# ## 7.4 Which size of filter is right?
#
# A face may fill the picture or a corner of it. Should a layer look through 1×1, 3×3 or 5×5 windows? GoogLeNet answered: through all of them at once. Let the next layer choose.
#
# An *inception module* runs four branches side by side. Zero padding keeps the height and width of all of them, so that their maps can be put on top of each other, which is called concatenation:
#
# $$ \begin{aligned} Y = \big[\, &C_1(X),\ C_3(R_3(X)), \\
# &C_5(R_5(X)),\ P_1(\operatorname{pool}(X)) \,\big] \end{aligned} \tag{7.3} $$
#
# $C_k$ is a $k\times k$ convolution with a ReLU. $R_3$ and $R_5$ are the trick that makes it affordable: 1×1 convolutions that reduce the number of channels before the expensive windows, a
# *bottleneck*.


# %%
class Inception(nn.Module):
    """Four branches, concatenated (eq. 7.3).   (n, c_in, h, w) -> (n, c1 + c3 + c5 + pooled, h, w)"""

    def __init__(self, c_in: int, c1: int, r3: int, c3: int, r5: int, c5: int, pooled: int):
        super().__init__()
        self.one = nn.Conv2d(c_in, c1, 1)
        self.reduce3, self.three = nn.Conv2d(c_in, r3, 1), nn.Conv2d(r3, c3, 3, padding=1)
        self.reduce5, self.five = nn.Conv2d(c_in, r5, 1), nn.Conv2d(r5, c5, 5, padding=2)
        self.after_pool = nn.Conv2d(c_in, pooled, 1)

    def forward(self, X: Tensor) -> Tensor:
        three = self.three(self.reduce3(X).relu())
        five = self.five(self.reduce5(X).relu())
        pool = self.after_pool(F.max_pool2d(X, 3, stride=1, padding=1))
        return torch.cat([self.one(X), three, five, pool], dim=1).relu()  # eq. 7.3


# %% [markdown]
# How much does the bottleneck save? Take the module called 3a of GoogLeNet: 192 channels in, 28×28 places, and 64, 128, 32 and 32 channels out. Count its MACs with and without the
# reductions, by (6.8), and let torch count the modules.

# %%
from torch.utils.flop_counter import FlopCounterMode


def macs(net: nn.Module, *size: int) -> int:
    """Multiply-accumulates for one input, by torch's counter (two FLOPs a MAC), with nothing computed."""
    shapes_only = copy.deepcopy(net).to("meta")
    with FlopCounterMode(display=False) as counter:
        shapes_only(torch.zeros(1, *size, device="meta"))
    return counter.get_total_flops() // 2


module = Inception(192, 64, 96, 128, 16, 32, 32)
PLACES = 28 * 28
reduced = PLACES * (192 * 64 + 192 * 96 + 9 * 96 * 128 + 192 * 16 + 25 * 16 * 32 + 192 * 32)
unreduced = PLACES * (192 * 64 + 9 * 192 * 128 + 25 * 192 * 32 + 192 * 32)
check.close("MACs of module 3a", macs(module, 192, 28, 28), reduced)
check.close(
    "its output", tuple(module(torch.zeros(1, 192, 28, 28)).shape), (1, 256, 28, 28)
)
print(
    f"{reduced / 1e6:.0f} million MACs with the bottlenecks, {unreduced / 1e6:.0f} million without: {unreduced / reduced:.1f} times"
)

# %% [markdown]
# And is it (7.3)? Compute each branch by itself, with torch's own functions and a pooling with a padding of its own, and compare with its share of the channels.

# %%
module, X = Inception(3, 4, 2, 5, 3, 6, 7), torch.rand(2, 3, 9, 8)
relu_of = {name: F.conv2d(X, *getattr(module, name).parameters()).relu() for name in ("one", "reduce3", "reduce5")}  # fmt: skip
framed = F.pad(X, (1, 1, 1, 1), value=-torch.inf)  # zeros could win in a max-pooling
branches = [
    relu_of["one"],
    F.conv2d(relu_of["reduce3"], *module.three.parameters(), padding=1).relu(),
    F.conv2d(relu_of["reduce5"], *module.five.parameters(), padding=2).relu(),
    F.conv2d(F.max_pool2d(framed, 3, 1), *module.after_pool.parameters()).relu(),
]
shares = module(X).split([4, 5, 6, 7], dim=1)
for name, share, branch in zip(
    ("1 x 1", "3 x 3", "5 x 5", "pool"), shares, branches, strict=True
):
    check.close(f"branch {name}", share, branch)

# %% [markdown]
# The depth of module 3a grows from 192 to 256, and it grows again in the modules after it. The bottlenecks keep those affordable too.
#
# **Break it.** Forget the padding of one branch, and the maps no longer fit on each other: this bug shouts. Concatenate along the wrong axis, and it may not.

# %%
maps = [torch.ones(2, 5, 8, 8), 2 * torch.ones(2, 5, 8, 8)]
on_top, beside = torch.cat(maps, dim=1), torch.cat(maps, dim=2)
check.raises(
    "without padding",
    RuntimeError,
    lambda: torch.cat([maps[0], F.conv2d(maps[1], torch.ones(5, 5, 3, 3))], 1),
)
check.close(
    "a global mean after it has a shape all the same",
    tuple(beside.mean(dim=(2, 3)).shape),
    (2, 5),
)
check.catches("side by side", lambda: check.close("Y", beside, on_top))

# %% [markdown]
# ## 7.5 Why does a deeper network do worse?
#
# Take a good network and add layers. The larger one can do whatever the small one does: let the new layers hand on what they get. So it should never be worse on
# the examples that it learns from. Train the two, as we do below: it is worse. This is called *degradation*, and it is not overfitting, since the *training* loss is higher. The remedy is a wire around each pair of layers. A *residual block*
# computes only what has to be added to its input:
#
# $$ \begin{aligned} \mathbf y &= \sigma\big(\mathbf x + F(\mathbf x)\big) \quad\text{or} \\
# \mathbf y &= \sigma\big(P\,\mathbf x + F(\mathbf x)\big) \end{aligned} \tag{7.4} $$
#
# where $F$ is two convolutions with batch normalisation and a ReLU between them, and $\sigma$ is the ReLU. If the number of channels or the stride changes, $\mathbf x$ does not fit, and a 1×1 convolution $P$, the *projection*, makes it fit. To hand on what it gets, such a block needs $F = 0$:
# small weights. A plain block would have to learn the identity.


# %%
class Block(nn.Module):
    """Two 3 x 3 convolutions with a shortcut around them, or without one (eq. 7.4).   (n, c_in, h, w) -> (n, c_out, h', w')"""

    def __init__(
        self,
        c_in: int,
        c_out: int,
        stride: int = 1,
        shortcut: bool = True,
        norm: bool = True,
    ):
        super().__init__()
        normalise = nn.BatchNorm2d if norm else nn.Identity
        self.F = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=not norm), normalise(c_out), nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=not norm), normalise(c_out),
        )  # fmt: skip
        self.P: nn.Module | None = nn.Identity() if shortcut else None
        if shortcut and (stride != 1 or c_in != c_out):
            self.P = nn.Conv2d(c_in, c_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return (self.F(x) if self.P is None else self.P(x) + self.F(x)).relu()


# %% [markdown]
# Check it piece by piece: with $F$ set to zero, an identity block must hand on a non-negative input unchanged, and a projection block must give a strided 1×1 convolution. An identity shortcut adds
# no parameter; a projection does.

# %%
x = torch.rand(2, 6, 8, 10, generator=torch.Generator().manual_seed(SEED))
identity, projection = Block(6, 6), Block(6, 9, stride=2)
plain = Block(6, 6, shortcut=False)
for block in (identity, projection, plain):
    nn.init.zeros_(block.F[3].weight)  # then F = 0, whatever else it holds
check.close("identity block with F = 0", identity(x).detach(), x)
check.close(
    "projection block with F = 0",
    projection(x),
    F.conv2d(x, projection.P.weight, stride=2).relu(),
)
check.catches("a plain block with F = 0", lambda: check.close("y", plain(x).detach(), x))
check.close("what the identity costs", parameters(identity) - parameters(plain), 0)
check.close("what the projection costs", parameters(projection.P), 6 * 9)

# %% [markdown]
# Now the experiment, on the 8×8 digits: 8 layers against 42, with a shortcut around each pair and without. All three start from He's initialisation and use batch normalisation, so that no gradient can
# vanish for the reasons of chapter 3. And as a control, the plain 42 layers without batch normalisation, from torch's default start and from He's. These two get a tenth of the learning rate: at the full one
# neither moves at all.


# %%
def tower(
    blocks: int, shortcut: bool, norm: bool = True, he: bool = True, width: int = 16
) -> nn.Sequential:
    """2 blocks + 2 layers.   (n, 1, 8, 8) -> logits (n, 10)"""
    body = [Block(width, width, shortcut=shortcut, norm=norm) for _ in range(blocks)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]
    net = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), *body, *head)
    for layer in net.modules():
        if he and isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net


# %%
def train(
    net: nn.Module, X: Tensor, y: Tensor, epochs: int, lr: float, seed: int, batch: int = 64
) -> float:
    """Adam with a rate that rises to `lr` and falls again; returns the mean loss of the last epoch."""
    net, X, y = net.to(device()), X.to(device()), y.to(device())
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(p for p in net.parameters() if p.requires_grad)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, lr, total_steps=epochs * -(-len(X) // batch)
    )
    for _ in progress(range(epochs), "training"):
        losses = []
        for rows in torch.randperm(len(X), generator=rng).split(batch):
            optimizer.zero_grad()
            loss = F.cross_entropy(net(X[rows]), y[rows])
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
    return sum(losses) / len(losses)


# %%
digits = data.digits(seed=SEED)
X_train, X_test = (X.view(-1, 1, 8, 8) for X in (digits.X_train, digits.X_test))
DEEP = {"blocks": 20, "shortcut": False}
TOWERS = {
    "plain, 8 layers": {"blocks": 3, "shortcut": False},
    "plain, 42 layers": DEEP,
    "residual, 42 layers": {"blocks": 20, "shortcut": True},
    "plain 42, no norm, default start": {**DEEP, "norm": False, "he": False},
    "plain 42, no norm, He's start": {**DEEP, "norm": False},
}
outcome = {}
for name, options in TOWERS.items():
    torch.manual_seed(SEED)
    net, lr = tower(**options), 0.003 if options.get("norm", True) else 0.0003
    loss = train(net, X_train, digits.y_train, epochs=4, lr=lr, seed=SEED)
    outcome[name] = loss, data.accuracy(net, X_test, digits.y_test)
    print(f"{name:33} training loss {loss:.3f}, unseen digits {outcome[name][1]:.1%} right")

# %%
(shallow, _), (deep, _), (residual, right), (default, _), (he, _) = outcome.values()
check.reaches("plain: loss at 42 layers minus loss at 8", deep - shallow, at_least=0.2)
check.reaches("residual, 42 layers: training loss", residual, at_most=0.5)
check.reaches("residual, 42 layers: accuracy", right, at_least=0.9)
check.reaches("no norm, default start: loss, near ln 10 = 2.303", default, at_least=2.2)
check.reaches("no norm: what He's start gains in loss", default - he, at_least=0.05)
check.reaches(
    "no norm, He's start: loss above the residual one", he - residual, at_least=0.8
)

# %% [markdown]
# Read the rows again. Without normalisation the plain tower learns nothing from torch's start. He's start lets it begin, so the size of the signal is part of the trouble, but it gets hardly anywhere. Normalised, it learns slowly too, and far
# worse than its little sister of eight layers. With shortcuts the same 42 layers learn at once. (The plain tower did better at three times the rate when we tried it with two seeds: a loss of 1.7, still ten times that of the residual one. Our towers take eighty steps; the authors trained theirs to the end, on a thousand kinds of photographs, and the gap remained.)
#
# Why? It is often said that shortcuts cure the vanishing gradient. The authors of ResNet think that this was not the disease: with batch normalisation their plain nets had healthy gradients too. Look at
# the derivative of a block, leaving $\sigma$ aside:
#
# $$ \frac{\partial L}{\partial \mathbf x} = \frac{\partial L}{\partial \mathbf y}\,\Big(I + \frac{\partial F}{\partial \mathbf x}\Big) \tag{7.5} $$
#
# The identity carries the blame back unchanged, whatever $F$ does. More than its size, it is its order that is kept: in a deep plain net the gradients at two neighbouring inputs have hardly anything in common, as if it were noise.
# Measure that at the start of training.


# %%
def agreement(net: nn.Module, rng: torch.Generator) -> float:
    """Mean cosine of the gradients of one score at 16 inputs, and at the same inputs nudged by 0.01."""
    X = torch.rand(16, 1, 8, 8, generator=rng)
    nudged = X + 0.01 * torch.randn(X.shape, generator=rng)
    gradients = []
    for inputs in (X, nudged):
        inputs = inputs.clone().requires_grad_()
        gradients.append(torch.autograd.grad(net(inputs)[:, 3].sum(), inputs)[0].flatten(1))
    return F.cosine_similarity(*gradients).mean().item()


# %%
def size_at_start(net: nn.Sequential, rng: torch.Generator) -> float:
    """Norm of the loss gradient at the first convolution's weights over that at the last block's."""
    loss = F.cross_entropy(
        net(torch.rand(64, 1, 8, 8, generator=rng)), torch.arange(64) % 10
    )
    first, last = torch.autograd.grad(loss, [net[0].weight, net[-4].F[3].weight])
    return (first.norm() / last.norm()).item()


at_start = {}
for name, options in list(TOWERS.items())[:3]:
    torch.manual_seed(SEED)
    net, rng = tower(**options), torch.Generator().manual_seed(SEED)
    size, agree = size_at_start(net, rng), agreement(net, rng)
    at_start[name] = size, agree
    print(
        f"{name:20} first gradient / last {size:6.1f}, agreement of neighbours {agree:5.2f}"
    )

# %%
(_, near), (size, noise), (_, agree) = at_start.values()
check.reaches("plain, 8 layers: agreement of neighbouring gradients", near, at_least=0.5)
check.reaches("plain, 42 layers: agreement", noise, at_most=0.3)
check.reaches("residual, 42 layers: agreement", agree, at_least=0.4)
check.reaches("plain, 42 layers: first gradient over last", size, at_least=10)

# %% [markdown]
# In the plain tower the gradient has not vanished at all: at the first layer it is fifty to three hundred times as large as at the last, depending on the seed. Batch normalisation without shortcuts makes it grow with depth (Yang et al. 2019), and Adam, which divides by the
# size, does not mind. But it is noise. Two inputs that differ by a hundredth in each number ask for quite different changes. With
# shortcuts, neighbours agree. The plain tower of eight layers agrees too, and learns. Move the slider and see when the agreement is lost.

# %% tags=["hide-input"]
DEPTHS = (1, 2, 4, 8, 12, 16, 20)
AGREED: dict[bool, list[float]] = {}
for shortcut in (False, True):
    torch.manual_seed(SEED)
    nets = [tower(blocks, shortcut) for blocks in DEPTHS]
    AGREED[shortcut] = [agreement(net, torch.Generator().manual_seed(SEED)) for net in nets]


def plain_against_residual(layers: int) -> plots.Figure:
    """Agreement of neighbouring gradients up to this depth."""
    count = [2 * blocks + 2 for blocks in DEPTHS].index(layers) + 1
    fig, ax = plots.panel(
        f"do neighbours agree? {layers} layers",
        x="layers",
        y="cosine",
        ylim=(-0.15, 1.05),
        xlim=(0, 44),
    )
    for shortcut, name in ((True, "with shortcuts"), (False, "plain")):
        depths = [2 * blocks + 2 for blocks in DEPTHS[:count]]
        ax.plot(
            depths, AGREED[shortcut][:count], marker="o" if shortcut else "s", label=name
        )
    ax.legend(loc="upper right")
    return fig


# %%
widgets.explore(
    plain_against_residual, layers=[2 * blocks + 2 for blocks in DEPTHS],
    title="Plain against residual", hint="Make the towers deeper. Which one still has a direction to go?",
)  # fmt: skip

# %% [markdown]
# **A sum, or side by side?** The sum in (7.4) can be replaced by a concatenation: the block then *adds* channels and keeps the old ones. That is a *dense block*. Nothing is
# overwritten, and each layer sees all maps before it; the price is that the number of channels, and with it the parameters, grows with every layer.


# %%
class DenseBlock(nn.Module):
    """Each layer adds `growth` maps to all that came before.   (n, c, h, w) -> (n, c + layers growth, h, w)"""

    def __init__(self, c: int, growth: int, layers: int):
        super().__init__()
        sizes = range(c, c + layers * growth, growth)
        self.layers = nn.ModuleList(nn.Conv2d(size, growth, 3, padding=1) for size in sizes)

    def forward(self, X: Tensor) -> Tensor:
        for layer in self.layers:
            X = torch.cat([X, layer(X).relu()], dim=1)
        return X


dense, X = DenseBlock(6, growth=4, layers=3), torch.rand(2, 6, 5, 7)
Y = dense(X)
check.close("channels", Y.shape[1], 6 + 3 * 4)
check.close("the input is still there", Y[:, :6], X)
check.close(
    "parameters grow",
    [parameters(layer) for layer in dense.layers],
    [4 * (9 * c + 1) for c in (6, 10, 14)],
)

# %% [markdown]
# ## 7.6 Can a convolution be taken apart?
#
# A convolution does two things at once: it looks around, and it mixes channels. It pays for the product of the two. What if they are done one after the other?
#
# A *depth-wise* convolution looks around with one $k\times k$ kernel for each channel, and mixes nothing. A 1×1 convolution, here called *point-wise*, mixes and does not look around. One after the
# other they are a *depth-wise separable* convolution:
#
# $$ Y_{o,i,j} = \sum_{c} V_{o,c} \Big( \sum_{u,v} D_{c,u,v}\; X_{c,\,i+u,\,j+v} \Big) \tag{7.6} $$
#
# Without biases it has $k^2 c_{\text{in}} + c_{\text{in}} c_{\text{out}}$ weights. Divide by the $k^2 c_{\text{in}} c_{\text{out}}$ of an ordinary convolution:
#
# $$ \frac{k^2 c_{\text{in}} + c_{\text{in}}\,c_{\text{out}}}{k^2\,c_{\text{in}}\,c_{\text{out}}} = \frac{1}{c_{\text{out}}} + \frac{1}{k^2} \tag{7.7} $$
#
# With many channels the second term is what remains: a ninth for 3×3. With biases, add $c_{\text{in}}$ and $c_{\text{out}}$ to the count.


# %%
def separable(X: Tensor, D: Tensor, V: Tensor) -> Tensor:
    """Look around channel by channel, then mix (eq. 7.6).   X: (n, c, h, w), D: (c, k, l), V: (o, c)"""
    looked = torch.cat(
        [F.conv2d(X[:, c : c + 1], D[c][None, None]) for c in range(len(D))], dim=1
    )
    return F.conv2d(looked, V[:, :, None, None])


rng = torch.Generator().manual_seed(SEED)
X, D, V = data.normal(rng, 2, 4, 6, 7), data.normal(rng, 4, 3, 2), data.normal(rng, 5, 4)
grouped = F.conv2d(F.conv2d(X, D[:, None], groups=4), V[:, :, None, None])
check.close("torch's groups", separable(X, D, V), grouped)

kernel = V[:, :, None, None] * D[None]  # (o, c, k, l): each weight is a product of two
check.close(
    "it is a convolution with fewer free numbers", separable(X, D, V), F.conv2d(X, kernel)
)

# %%
pair = [nn.Conv2d(32, 32, 3, groups=32, bias=False), nn.Conv2d(32, 64, 1, bias=False)]
whole = nn.Conv2d(32, 64, 3, bias=False)
check.close("eq. 7.7", parameters(*pair) / parameters(whole), 1 / 64 + 1 / 9)
with_biases = parameters(nn.Conv2d(32, 32, 3, groups=32), nn.Conv2d(32, 64, 1))
check.close("with biases", with_biases, 9 * 32 + 32 * 64 + 32 + 64)
forgotten = "The biases are forgotten: one for each channel in, one for each channel out."
slips = {forgotten: parameters(*pair)}
check.catches(
    "biases forgotten",
    lambda: check.close("parameters", parameters(*pair), with_biases, slips=slips),
)

# %% [markdown]
# The check of the equivalent kernel says what is given up. An ordinary kernel may look around differently for each pair of channels; here all outputs share one way of looking at a channel. Is it enough? Train
# the same small network with both kinds, on the 8×8 digits.


# %%
def reader(apart: bool) -> nn.Sequential:
    """Three layers with normalisation and a global average.   (n, 1, 8, 8) -> logits (n, 10)"""

    def layer(c_in: int, c_out: int) -> list[nn.Module]:
        if apart:
            look = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in)
            kind = [look, nn.Conv2d(c_in, c_out, 1)]
        else:
            kind = [nn.Conv2d(c_in, c_out, 3, padding=1)]
        return [*kind, nn.BatchNorm2d(c_out), nn.ReLU()]

    first = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*first, *layer(16, 32), nn.MaxPool2d(2), *layer(32, 64), *head)


# %%
digits = data.digits(seed=SEED)
X_train, X_test = (X.view(-1, 1, 8, 8) for X in (digits.X_train, digits.X_test))
for apart, name in ((False, "ordinary"), (True, "depth-wise separable")):
    torch.manual_seed(SEED)
    net = reader(apart)
    train(net, X_train, digits.y_train, epochs=8, lr=0.01, seed=SEED)
    print(f"{name}: {parameters(net):,} parameters")
    check.reaches(
        f"{name}: accuracy", data.accuracy(net, X_test, digits.y_test), at_least=0.94
    )

# %% [markdown]
# About a sixth of the parameters, and the difference is a matter of a point or so. MobileNet and EfficientNet are built from such pairs. (Inception is often named in one breath with this idea. It is rather
# its relative: Xception takes the branches of an inception module to the extreme, one for each channel, and arrives here.) In the network of our first picture:

# %%
convolutions = [layer for layer in NETWORK.modules() if isinstance(layer, nn.Conv2d)]
looking = [layer for layer in convolutions if layer.groups > 1]
print(f"{len(convolutions)} convolutions, {len(looking)} of them depth-wise")
print(f"{parameters(*looking):,} parameters look around, of {parameters(NETWORK):,}")
check.close("all of it", parameters(NETWORK), 4_652_008)

# %% [markdown]
# ## 7.7 Should every channel count at all times?
#
# A network for photographs has channels for fur and channels for bricks. Once it is clear that the picture shows a cat, the brick detectors only disturb. Could the network turn them down, for this picture only?
#
# A *gating map* weighs what passes: each number is multiplied by a factor between 0 and 1 that the network computes from the input itself. *Squeeze and excitation* computes one factor for each channel, in three steps: squeeze each map
# to its mean; let two small dense layers look at all the means together; multiply.
#
# $$ \begin{gathered} s_c = \frac{1}{hw}\sum_{i,j} X_{c,i,j}, \\
# \mathbf g = \sigma\big(W_2\,\operatorname{relu}(W_1 \mathbf s + \mathbf b_1) + \mathbf b_2\big), \\
# Y_{c,i,j} = g_c\, X_{c,i,j} \end{gathered} \tag{7.8} $$
#
# $W_1$ reduces $C$ channels to $C/r$, commonly with $r = 16$, so that the two layers cost only $2C^2/r$ weights.


# %%
class SqueezeExcite(nn.Module):
    """One gate for each channel, from all channels together (eq. 7.8).   (n, c, h, w) -> the same"""

    def __init__(self, c: int, reduction: int = 4):
        super().__init__()
        self.squeeze = nn.Linear(c, c // reduction)
        self.excite = nn.Linear(c // reduction, c)

    def gates(self, X: Tensor) -> Tensor:
        means = X.mean(dim=(2, 3))  # (n, c)
        return self.excite(self.squeeze(means).relu()).sigmoid()

    def forward(self, X: Tensor) -> Tensor:
        return X * self.gates(X)[:, :, None, None]


torch.manual_seed(SEED)
gate, X = SqueezeExcite(8), torch.randn(3, 8, 4, 5)
small = F.adaptive_avg_pool2d(X, 1)  # the same with torch's pieces, 1 x 1 convolutions
W1, W2 = gate.squeeze.weight[:, :, None, None], gate.excite.weight[:, :, None, None]
hidden = F.conv2d(small, W1, gate.squeeze.bias).relu()
by_torch = X * F.conv2d(hidden, W2, gate.excite.bias).sigmoid()
check.close("squeeze and excitation", gate(X), by_torch)
check.close(
    "weights", gate.squeeze.weight.numel() + gate.excite.weight.numel(), 2 * 8 * 8 // 4
)

# %% [markdown]
# **Break it.** A softmax instead of the sigmoid makes the channels compete: only one can be fully on, and with many channels everything becomes small. The shape does not tell, and neither does the range of the gates.

# %%
scores = gate.excite(gate.squeeze(X.mean(dim=(2, 3))).relu())
competing = X * scores.softmax(dim=1)[:, :, None, None]
slips = {"A softmax lets channels compete; each gate of eq. 7.8 opens alone.": competing}
check.catches("a softmax", lambda: check.close("Y", competing, gate(X), slips=slips))
print(
    f"mean gate {gate.gates(X).mean():.2f} with the sigmoid, {scores.softmax(dim=1).mean():.3f} with the softmax"
)

# %% [markdown]
# A gate may also be a map over places, the same for all channels: "look here". The map can come from a network of any kind; the smallest is a single 1×1 convolution:
#
# $$ \begin{gathered} G_{i,j} = \sigma\Big(b + \sum_c w_c\, X_{c,i,j}\Big), \\
# Y_{c,i,j} = G_{i,j}\, X_{c,i,j} \end{gathered} \tag{7.9} $$


# %%
class PlaceGate(nn.Module):
    """One gate for each place, the same for all channels (eq. 7.9).   (n, c, h, w) -> the same"""

    def __init__(self, c: int):
        super().__init__()
        self.look = nn.Conv2d(c, 1, 1)

    def forward(self, X: Tensor) -> Tensor:
        return X * self.look(X).sigmoid()  # (n, 1, h, w) stretches over the channels


place, w = PlaceGate(8), torch.randn(8, generator=torch.Generator().manual_seed(SEED))
place.look.weight.data = w.view(1, 8, 1, 1)
by_hand = torch.empty_like(X)
for n in range(3):
    for i in range(4):
        for j in range(5):
            score = place.look.bias + (w * X[n, :, i, j]).sum()
            by_hand[n, :, i, j] = X[n, :, i, j] / (1 + (-score).exp())
check.close("a gating map", place(X), by_hand)
check.close("what it costs", parameters(place), 8 + 1)

# %% [markdown]
# Chapter 16 meets gates again under the name of attention. (Our borrowed network has none: the "lite" in its name means, among other things, that its authors took squeeze and excitation out, since small devices do not run it well.)
#
# Now compose a layer yourself: how many parameters and how much work does each kind of block need, for maps of 28×28, and how far does it see? Find the kind that hardly pays for a larger window.


# %% tags=["hide-input"]
def kinds_of_block(channels: int, k: int) -> dict[str, nn.Module]:
    """Name -> a block from `channels` to `channels` that sees k x k pixels."""
    less = channels // 4
    looks = nn.Conv2d(channels, channels, k, padding=k // 2, groups=channels)
    down, up = nn.Conv2d(channels, less, 1), nn.Conv2d(less, channels, 1)
    stack = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range((k - 1) // 2)]
    return {
        f"one {k}x{k}": nn.Conv2d(channels, channels, k, padding=k // 2),
        f"{len(stack)} of 3x3": nn.Sequential(*stack),
        "bottleneck": nn.Sequential(down, nn.Conv2d(less, less, k, padding=k // 2), up),
        "separable": nn.Sequential(looks, nn.Conv2d(channels, channels, 1)),
    }


# %% tags=["hide-input"]
def composed(channels: int, k: int) -> tuple[plots.Figure, str]:
    """A bar for each kind of block, and the same in words."""
    blocks = kinds_of_block(channels, k)
    counts = {name: parameters(block) for name, block in blocks.items()}
    work = {name: macs(block, channels, 28, 28) / 1e6 for name, block in blocks.items()}
    title = f"{channels} channels, sees {k} x {k} pixels"
    fig, ax = plots.panel(
        title, x="parameters", xscale="log", xlim=(100, 2e7), size=(5.4, 2.4)
    )
    ax.barh(list(counts), list(counts.values()), color=plots.BLUE)
    words = {name: f"{counts[name]:,}; {work[name]:.1f} M MACs" for name in blocks}
    for i, name in enumerate(blocks):
        ax.text(counts[name] * 1.2, i, words[name], va="center", fontsize=9)
    ax.invert_yaxis()
    return fig, f"{title}. " + ", ".join(f"{name}: {text}" for name, text in words.items())


# %%
widgets.explore(
    composed, channels=[16, 32, 64, 128], k=[3, 5, 7],
    title="Compose a block", hint="Change the channels and the window. Which kind grows fastest?",
)  # fmt: skip

# %% [markdown]
# ## 7.8 What if you have only ten pictures?
#
# Nobody trains 4.7 million weights on ten pictures. But the first layers of any network for photographs look for edges, colours and textures, whatever it is meant to name in the end. Can they be borrowed?
#
# Here is a task that ImageNet does not contain: ten kinds of surface, from brick to galaxies, in grey, cut from ten photographs as patches of 64×64 pixels. We learn from the left half of each photograph and are judged on the right half. Each patch is turned and
# lit at random, so that neither direction nor brightness gives it away. The picture shows, of five patches of each kind, the one with the most contrast; others hold nothing but sky or a dark background, so
# nobody can be right every time.


# %%
SURFACES = ("brick", "grass", "gravel", "coins", "tissue",
            "moon", "galaxies", "cat", "flower", "temple")  # fmt: skip


def turned_and_lit(half: Tensor, rng: torch.Generator) -> Tensor:
    """A patch of 64 x 64 pixels from anywhere in a picture, in a random turn and light."""
    top, left = (int(torch.randint(n - 63, (1,), generator=rng)) for n in half.shape[1:])
    turns = int(torch.randint(4, (1,), generator=rng))
    light = 0.5 + torch.rand(1, generator=rng)
    patch = half[:, top : top + 64, left : left + 64] * light
    return patch.rot90(turns, dims=(1, 2)).clamp(0, 1)


# %%
def patches(each: int, side: str, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """`each` grey patches of every surface from the "left" or "right" half of its photograph.   -> (n, 3, 64, 64), (n,)"""
    X, y = [], []
    for label, name in enumerate(SURFACES):
        photo = data.photo(name).mean(dim=0, keepdim=True).expand(3, -1, -1).float()
        middle = photo.shape[2] // 2
        half = photo[:, :, :middle] if side == "left" else photo[:, :, middle:]
        X += [turned_and_lit(half, rng) for _ in range(each)]
        y += [label] * each
    return torch.stack(X), torch.tensor(y)


# %%
RNG = torch.Generator().manual_seed(SEED)
UNSEEN = patches(20, "right", RNG)
FEW = {each: patches(each, "left", RNG) for each in (1, 2, 5)}

# %% tags=["hide-input"]
richest = {}
for name, five in zip(SURFACES, FEW[5][0][:, 0].split(5), strict=True):
    richest[name] = five[five.std(dim=(1, 2)).argmax()]
texts = [f"A grey patch of 64 by 64 pixels: {name}." for name in SURFACES]
plots.pictures(richest, side=1.3, limits=(0, 1), smooth=True, alt=texts)

# %% [markdown]
# *Transfer learning* keeps the borrowed layers as they are, and trains a new last layer on their outputs, the *features*. Since nothing in front of it changes, the features are computed once:
# 1,280 numbers for each patch. Beside it, a small CNN that has to learn everything from the same patches.


# %%
class Features(nn.Module):
    """EfficientNet-lite0 without its last layer.   (n, 3, h, w) in 0..1 -> (n, 1280)"""

    def __init__(self) -> None:
        super().__init__()
        self.network = pretrained.efficientnet_lite0()

    def forward(self, images: Tensor) -> Tensor:
        return self.network.extract_features(pretrained.prepare(images)).mean(dim=(2, 3))


def from_scratch() -> nn.Sequential:
    """A small CNN with a global average.   (n, 3, 64, 64) -> logits (n, 10)"""
    layers: list[nn.Module] = []
    for c_in, c_out in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out)]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


# %%
FROZEN = Features().to(device())


@torch.no_grad()
def features_of(images: Tensor) -> Tensor:
    """The frozen features, computed in parts.   (n, 3, 64, 64) -> (n, 1280)"""
    return torch.cat([FROZEN(part.to(device())).cpu() for part in images.split(50)])


unseen, HEADS, borrowed, alone = features_of(UNSEEN[0]), {}, {}, {}
for each, (X, y) in FEW.items():
    torch.manual_seed(SEED)
    HEADS[each], small = nn.Linear(1280, 10), from_scratch()
    train(HEADS[each], features_of(X), y, epochs=60, lr=0.01, seed=SEED, batch=10)
    train(small, X, y, epochs=60, lr=0.01, seed=SEED, batch=10)
    borrowed[each] = data.accuracy(HEADS[each], unseen, UNSEEN[1])
    alone[each] = data.accuracy(small, *UNSEEN)
    print(f"{each} of each: {borrowed[each]:.1%} borrowed, {alone[each]:.1%} from scratch")

# %%
check.reaches("one patch of each, borrowed features", borrowed[1], at_least=0.6)
check.reaches("one of each: what borrowing gains", borrowed[1] - alone[1], at_least=0.2)
check.reaches("two of each: what borrowing gains", borrowed[2] - alone[2], at_least=0.05)
check.reaches("five of each, borrowed features", borrowed[5], at_least=0.7)

# %% [markdown]
# *Fine-tuning* goes on from there and trains the borrowed layers as well. Two rules are given for it: use a lower learning rate than usual, and leave batch normalisation in evaluation mode, so that the statistics of a million photographs are not
# overwritten by those of a few patches. Are they worth anything? Start from the same new last layer, and break one rule at a time.


# %%
def fine_tuned(lr: float, norm_trains: bool) -> float:
    """Accuracy after four epochs of fine-tuning all layers on two patches of each surface."""
    torch.manual_seed(SEED)  # while it trains, the network leaves out blocks at random
    net = nn.Sequential(Features(), copy.deepcopy(HEADS[2]))
    net.train()
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train(norm_trains)
    train(net, *FEW[2], epochs=4, lr=lr, seed=SEED, batch=10)
    return data.accuracy(net, *UNSEEN)


RATES = {"lr 0.0003, norm as it was": (0.0003, False), "lr 0.0003, norm trains": (0.0003, True), "lr 0.01, norm as it was": (0.01, False)}  # fmt: skip
tuned = {name: fine_tuned(*rule) for name, rule in RATES.items()}
print(f"{'frozen features':26} {borrowed[2]:.1%}")
for name, score in tuned.items():
    print(f"{name:26} {score:.1%}")

# %%
low, norm, high = tuned.values()
check.reaches("fine-tuned with a low rate", low, at_least=0.65)
check.reaches("what a high rate costs", low - high, at_least=0.3)
check.reaches("what training the norm changes", norm - low, at_least=-0.15, at_most=0.15)
check.reaches("what fine-tuning changes", low - borrowed[2], at_least=-0.2, at_most=0.2)

# %% [markdown]
# The first rule is not a matter of taste: with the usual rate for a new network, eight steps wipe out what a million photographs have taught, and the answers are no better than guessing. The second rule makes no
# reliable difference here: on five seeds, letting the norm train moved the score by a few points, in either direction. Eight steps are few, and say nothing about a long training.
# So keep the rule, and measure. And fine-tuning itself, with twenty patches, came out better than frozen features on three seeds and worse on two. It needs more data: section 7.9 has some.
#
# > **Remember.** The fewer the examples, the less you should train. Features first; all layers, at a tenth or less of the usual rate, when there is more to learn from.
#
# ## 7.9 When is it useless to borrow?
#
# Features are worth borrowing if the old task needed them and the new one needs them too. What if the old task was too narrow?
#
# Two experiments with the small network of section 7.6, each with the three possibilities: *from scratch*; *frozen*, with a new last layer on borrowed features; and *fine-tuned*. In the first, the network has learned 52 printed letters and now gets **one**
# handwritten example of each digit. In the second, it has learned the digits 0 to 4 and now gets five examples each of the digits 5 to 9.


# %%
def with_new_head(source: nn.Sequential, classes: int) -> nn.Sequential:
    """A copy of a network with a fresh last layer."""
    net = copy.deepcopy(source)
    net[-1] = nn.Linear(net[-1].in_features, classes)
    return net


# %%
def three_ways(source: nn.Sequential, few: data.Split, classes: int) -> dict[str, float]:
    """Accuracy on few.X_test after learning from few.X_train from scratch, frozen, and fine-tuned."""
    torch.manual_seed(SEED)
    starts = {"from scratch": reader(apart=False), "frozen": source, "fine-tuned": source}
    nets = {name: with_new_head(net, classes).train() for name, net in starts.items()}
    nets["frozen"][:-1].eval().requires_grad_(False)  # its norm stays as it was, too
    recipe = {"from scratch": (60, 0.01), "frozen": (100, 0.03), "fine-tuned": (60, 0.003)}
    scores = {}
    for name, (epochs, lr) in recipe.items():
        train(nets[name], few.X_train, few.y_train, epochs, lr, seed=SEED, batch=32)
        scores[name] = data.accuracy(nets[name], few.X_test, few.y_test)
    return scores


# %%
def first_of_each(X: Tensor, y: Tensor, each: int) -> tuple[Tensor, Tensor]:
    """The first `each` examples of every class."""
    rows = torch.cat([(y == c).nonzero().flatten()[:each] for c in y.unique()])
    return X[rows], y[rows]


# %%
letters, names = data.letters(copies=3, seed=SEED)
torch.manual_seed(SEED)
letter_net = with_new_head(reader(apart=False), 52)
train(letter_net, F.avg_pool2d(letters, 2), names, epochs=5, lr=0.01, seed=SEED)

written = data.mnist(seed=SEED)
X_train, X_test = (F.avg_pool2d(X, 2) for X in (written.X_train, written.X_test))
from_letters = {}
for each in (1, 10):  # pictures of 14 x 14, as the letters
    few = first_of_each(X_train, written.y_train, each)
    from_letters[each] = three_ways(
        letter_net, data.Split(*few, X_test, written.y_test), 10
    )
    print(
        f"letters to digits, {each:2} of each:",
        {k: round(v, 3) for k, v in from_letters[each].items()},
    )

# %%
half = data.digits(seed=SEED)
X_train, X_test = (X.view(-1, 1, 8, 8) for X in (half.X_train, half.X_test))
low, high, unseen_high = half.y_train < 5, half.y_train >= 5, half.y_test >= 5
torch.manual_seed(SEED)
low_net = with_new_head(reader(apart=False), 5)
train(low_net, X_train[low], half.y_train[low], epochs=8, lr=0.01, seed=SEED)

few_high = first_of_each(X_train[high], half.y_train[high] - 5, each=5)
from_low = three_ways(
    low_net, data.Split(*few_high, X_test[unseen_high], half.y_test[unseen_high] - 5), 5
)
print(
    "digits 0-4 to 5-9, 5 of each:",
    {name: round(score, 3) for name, score in from_low.items()},
)

# %% tags=["hide-input"]
panels = []
rows = {"letters to digits, 1 of each": from_letters[1], "letters to digits, 10 of each": from_letters[10], "digits 0-4 to 5-9, 5 of each": from_low}  # fmt: skip
for title, scores in rows.items():
    fig, ax = plots.panel(title, y="share read rightly", ylim=(0, 1.05), size=(3.3, 2.8))
    bars = ax.bar(
        list(scores),
        list(scores.values()),
        color=[plots.GRID, plots.BLUE, plots.GREEN],
        edgecolor=plots.INK,
    )
    ax.bar_label(bars, fmt="{:.2f}")
    panels.append(fig)
plots.show(*panels, alt=[
    f"{title}: " + ", ".join(f"{name} {score:.2f}" for name, score in scores.items()) for title, scores in rows.items()
])  # fmt: skip


# %%
def gain(scores: dict[str, float], way: str) -> float:
    """What a way of borrowing gains over training from scratch."""
    return scores[way] - scores["from scratch"]


one, ten = from_letters[1], from_letters[10]
check.reaches("letters, 1 of each: frozen gains", gain(one, "frozen"), at_least=0.03)
check.reaches("letters, 1 of each: tuning gains", gain(one, "fine-tuned"), at_least=-0.03)
check.reaches("letters, 10 of each: frozen gains", gain(ten, "frozen"), at_most=0.1)
check.reaches("letters, 10 of each: tuning gains", gain(ten, "fine-tuned"), at_least=-0.1)
check.reaches("digits 0-4 to 5-9: frozen gains", gain(from_low, "frozen"), at_most=-0.05)
tuning = gain(from_low, "fine-tuned")
check.reaches("digits 0-4 to 5-9: tuning gains", tuning, at_least=-0.1, at_most=0.05)

# %% [markdown]
# One example of each digit, and the letters help a lot: strokes, arcs and corners are common to both. With ten of each, the digits speak for themselves: frozen features have lost their advantage, and fine-tuning gains two to six points, on each of five seeds. And from the digits 0 to 4 to the others
# borrowing does harm: frozen features lose seventeen points and more, and fine-tuning, which can repair them, ends where training from scratch does. To tell five digits apart, the network kept what separates these five, and forgot the rest: features of a narrow task are narrow.
#
# ## 7.10 Your turn
#
# The [exercises of this chapter](../assignments/07_architectures/07_architectures.ipynb) ask you to write the pieces again, without looking: each has a check that tells you at once what is wrong.
#
# | exercise | effort | minutes |
# |---|---|---|
# | separable parameters and their ratio (7.7) | ● | 5 |
# | small filters against a large one (7.1) | ● | 10 |
# | inception, forward (7.3) | ●● | 15 |
# | a residual block, forward (7.4) | ●● | 15 |
# | a 1×1 convolution as a dense layer (7.2) | ●● | 10 |
# | squeeze and excitation (7.8) | ●● | 15 |
# | what trains, and how fast (section 7.8) | ●● | 15 |
#
# And one to think about, without a check.
#
# <details><summary>You remove a single block from a trained plain network, and a single block from a trained residual one. Which of the two still works?</summary>
#
# The residual one, with a small loss. Each of its blocks only corrects what passes on the wire, so the next block still gets about what it is used to. In the plain network every layer expects exactly what its predecessor made of the
# signal, and a missing link breaks the chain. Veit, Wilber and Belongie (2016) did the experiment.
#
# </details>
#
# ## 7.11 In five lines
#
# 1. Small filters in a stack see as far as a large one, for fewer parameters and with more non-linearities.
# 2. A 1×1 convolution is a dense layer at every pixel: as a bottleneck it makes wide modules affordable, and behind a depth-wise convolution it makes a separable one, at about $1/k^2$ of the price.
# 3. A shortcut lets a block learn only what to add, and keeps the gradients of neighbours alike, so that forty layers train where they would not.
# 4. A gate lets the input decide which channels, or which places, count.
# 5. Features of a broad task can be borrowed, frozen when examples are few, fine-tuned at a low rate when there are more; features of a narrow task are narrow.
#
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 3.4 to 3.6 and 5.3, and Politecnico di Milano, "Famous CNN architectures" and "Transfer learning"). In these places it differs from them, mostly in precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, ResNet | identity shortcuts mitigate the vanishing gradient | the authors argue that vanishing gradients are unlikely to be the cause of degradation, since batch normalisation keeps them healthy; identity shortcuts add no parameters, projections do | He et al. (2016a), section 4.1 | section 7.5 |
# | Bologna 3.5, remark | the worth of residual connections is only shown empirically | the identity in the gradient was analysed, and so was the noise in plain gradients (a matter of precision) | He et al. (2016b); Balduzzi et al. (2017) | section 7.5 |
# | Bologna 3.5, remark | the sum can be replaced by a concatenation | then it is a dense block, and the parameters grow (a matter of precision) | Huang et al. (2017) | section 7.5 |
# | Bologna 3.4 | "inception hypothesis" for the depth-wise separable convolution; its count without biases | that is Xception's extreme form, inception itself is another module; biases add $c_{\text{in}} + c_{\text{out}}$ (a matter of precision) | Chollet (2017); Howard et al. (2017) | sections 7.4, 7.6 |
# | Milano, VGG | several small filters reach larger receptive fields than one large filter | the same field, with $27C^2$ against $49C^2$ parameters (a matter of precision) | Simonyan and Zisserman (2015) | section 7.2 |
# | Milano, NiN and GoogLeNet | an mlpconv is a sequence of fully connected layers; the bottleneck is not mentioned | a $k\times k$ convolution followed by 1×1 convolutions; the 1×1 bottlenecks save most of the computation ("3×33×3" is a fault of conversion) | Lin, Chen and Yan (2014); Szegedy et al. (2015) | sections 7.3, 7.4 |
# | Bologna 5.3 | squeeze and excitation by down- and up-sampling | a global mean, two dense layers that reduce by $r$, and a sigmoid (a matter of precision) | Hu, Shen and Sun (2018) | section 7.7 |
#
# ## Further reading
#
# - K. He, X. Zhang, S. Ren and J. Sun (2016a), *Deep residual learning for image recognition*, CVPR: section 4.1 is the argument of our section 7.5. And (2016b) *Identity mappings in deep residual networks*, ECCV: equation (7.5) at length.
# - G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein and S. Schoenholz (2019), *A mean field theory of batch normalization*, ICLR: why the gradients of plain normalised nets grow with depth.
# - D. Balduzzi et al. (2017), *The shattered gradients problem*, ICML: why the gradients of deep plain nets look like noise.
# - K. Simonyan and A. Zisserman (2015), *Very deep convolutional networks for large-scale image recognition*, ICLR: equation (7.1) is in its section 2.3.
# - G. Huang, Z. Liu, L. van der Maaten and K. Weinberger (2017), *Densely connected convolutional networks*, CVPR: concatenation in place of the sum.
# - M. Lin, Q. Chen and S. Yan (2014), *Network in network*, ICLR: the MLP that slides, and the global average.
# - C. Szegedy et al. (2015), *Going deeper with convolutions*, CVPR: the inception module and its bottlenecks.
# - A. Howard et al. (2017), *MobileNets*: the count of section 7.6, put into a telephone. M. Tan and Q. Le (2019), *EfficientNet*, ICML: our borrowed network.
# - J. Hu, L. Shen and G. Sun (2018), *Squeeze-and-excitation networks*, CVPR: a whole paper on one multiplication.
# - J. Yosinski, J. Clune, Y. Bengio and H. Lipson (2014), *How transferable are features in deep neural networks?*, NeurIPS: section 7.9, layer by layer.

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
# The pictures below are six photographs with the class that a network assigns to each, out of a thousand. The network, EfficientNet-lite0, has 4.7 million parameters and was made for telephones. In 2011, the best
# entry in the competition on such photographs had none of its five guesses right for one photograph in four.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# The learning rule is still gradient descent (chapter 2) with the gradients of chapter 3, and the layers are still the convolutions of chapter 6. Data, computers and training recipes grew,
# and the way in which the layers are put together changed. This chapter is about the last of these: it builds the blocks of the well-known architectures, counts their parameters and their work,
# and then transfers a trained network to a task with one to five examples of each class.
#
# > **Study time** About 135 minutes. The core path, 90 minutes, is sections 7.1 to 7.5, 7.8, 7.10 and 7.11; sections marked *going further* can wait.

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


def classified(name: str) -> tuple[str, float]:
    """The network's most probable class for a photograph, with its probability."""
    with torch.no_grad():
        logits = NETWORK(pretrained.prepare(data.photo(name, 224)[None]))[0]
    return pretrained.top(logits)[0]


# %% tags=["hide-input"]
PHOTOGRAPHS = {
    "cat": "a cat", "coffee": "a cup of coffee", "photographer": "a man with a camera on a tripod",
    "motorcycle": "a motorcycle", "temple": "a tower of the Summer Palace in Beijing", "flower": "a dahlia",
}  # fmt: skip
pictures, texts = {}, []
for photo, shown in PHOTOGRAPHS.items():
    label, probability = classified(photo)
    pictures[f"{label}, {probability:.0%}"] = data.photo(photo, 200)
    texts.append(f"A photograph of {shown}. The network's most probable class is {label}.")
plots.pictures(pictures, side=2.1, alt=texts)

# %% [markdown]
# The tower stands in the Summer Palace of Beijing, so "palace" is right. The flower is a dahlia and no daisy, and the motorcycle is no moped: for these two the right name is not among the thousand classes,
# and the network can only choose among those.

# %%
known = " ".join(pretrained.class_names()).lower()
for word in ("espresso", "palace", "daisy", "moped", "dahlia", "motorcycle"):
    print(f"{word:10} {'is' if word in known else 'is not'} among the class names")

# %% [markdown]
# ## 7.1 What changed in 2012?
#
# In 2012 seven convolutional networks of the kind called AlexNet, their predictions averaged, won the ImageNet competition: the right class was missing among the five most probable ones for 15 % of the photographs. The next entry
# had 26 %. Convolutional networks had existed for more than twenty years (chapter 6).
#
# AlexNet was larger than its predecessors, trained on 1.2 million photographs and on two graphics cards. Its authors list these ingredients:
#
# | ingredient | reason given by the authors | today |
# |---|---|---|
# | ReLU instead of tanh | no saturation on the positive side; on a small network 25 % training error was reached six times sooner | ReLU and its relatives (chapter 4) |
# | dropout 0.5 in two dense layers | overfitting (chapter 5) | where dense layers are large |
# | crops, mirror images, changed colours | overfitting (chapter 5) | common |
# | weight decay | the training error, too, was lower with it | common |
# | local response normalisation | generalisation | replaced by batch normalisation (chapter 4) |
# | max pooling with overlapping windows | slightly less error | strides, or pooling without overlap |

# %% [markdown]
# **Local response normalisation** divides each activation by a power of a constant plus the summed squares of the activations of a few neighbouring channels at the same pixel. VGG's authors tried it two years later and found no gain.
#
# The next cell counts AlexNet's parameters by (6.8). In three of its layers each graphics card held half of the channels, hence the 48 and 192.

# %%
# c_out, k, c_in of the convolutions; d_out, d_in of the dense layers
CONVOLUTIONS = [(96, 11, 3), (256, 5, 48), (384, 3, 256), (384, 3, 192), (256, 3, 192)]
DENSE = [(4096, 256 * 6 * 6), (4096, 4096), (1000, 4096)]
convolutional = sum(
    c_out * (k * k * c_in + 1) for c_out, k, c_in in CONVOLUTIONS
)  # eq. 6.8
dense = sum(d_out * (d_in + 1) for d_out, d_in in DENSE)
share = dense / (convolutional + dense)
print(
    f"convolutions {convolutional:,}, dense layers {dense:,}: {share:.0%} of all parameters"
)
check.close("parameters of AlexNet", convolutional + dense, 60_965_224)
check.reaches("share of the dense layers", share, at_least=0.96, at_most=0.97)

# %% [markdown]
# 96 % of the 61 million parameters are in the three dense layers. EfficientNet-lite0 has a thirteenth of AlexNet's parameters, and its authors report 75 % of the photographs right at the first guess; for a single AlexNet that is 59 %.

# %% [markdown]
# ## 7.2 Why are small kernels preferred to large ones?
#
# The first layer of AlexNet has kernels of 11×11. Two years later, the VGG networks of 16 and 19 layers had convolutions of 3×3 alone, in blocks. A **block** is a small group of layers that a network repeats, often with other numbers of channels.

# %% [markdown]
# By (6.19) a stack of three 3×3 convolutions with stride 1 has a receptive field of $1 + 2 + 2 + 2 = 7$ pixels, the same as one 7×7 convolution. With $C$ channels everywhere and no biases their parameters are
#
# $$ 3 \cdot 3^2 C^2 = 27 C^2 \text{ against } 7^2 C^2 = 49 C^2 , \tag{7.1} $$
#
# and for maps of the same size the numbers of multiply-accumulates (MACs) have the same ratio. The stack needs 45 % less, and has three activation functions where the single layer has one.


# %%
def vgg_block(c_in: int, c_out: int, depth: int) -> nn.Sequential:
    """`depth` 3 x 3 convolutions with ReLU, then max pooling.   (n, c_in, h, w) -> (n, c_out, h/2, w/2)"""
    layers: list[nn.Module] = []
    for i in range(depth):
        layers += [nn.Conv2d(c_in if i == 0 else c_out, c_out, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def parameters(*modules: nn.Module) -> int:
    """The number of trainable parameters."""
    return sum(p.numel() for module in modules for p in module.parameters())


# %%
C = 20
stack = [nn.Conv2d(C, C, 3, bias=False) for _ in range(3)]
single = nn.Conv2d(C, C, 7, bias=False)
check.close("three of 3 x 3", parameters(*stack), 27 * C**2)  # eq. 7.1
check.close("one of 7 x 7", parameters(single), 49 * C**2)
block = vgg_block(3, 16, depth=2)
check.close("a VGG block", tuple(block(torch.zeros(2, 3, 14, 10)).shape), (2, 16, 7, 5))
check.close("its parameters", parameters(block), 16 * (9 * 3 + 1) + 16 * (9 * 16 + 1))

# %% [markdown]
# The receptive field is checked as in chapter 6, by the gradient: which input pixels have a gradient that is not zero?


# %%
def receptive_field(layers: Sequence[nn.Conv2d]) -> tuple[int, int]:
    """Height and width of the patch of pixels on which the output in the middle depends."""
    x = torch.zeros(1, C, 31, 31, dtype=torch.float64, requires_grad=True)
    y = x
    for layer in layers:
        y = F.conv2d(y, torch.ones_like(layer.weight, dtype=torch.float64))
    (gradient,) = torch.autograd.grad(y[0, 0, y.shape[2] // 2, y.shape[3] // 2], x)
    rows, columns = gradient[0, 0].nonzero().unbind(1)
    return len(rows.unique()), len(columns.unique())


check.close("field of three 3 x 3", receptive_field(stack), (7, 7))
check.close("field of one 7 x 7", receptive_field([single]), (7, 7))

# %% [markdown]
# Without activation functions between them, the three layers compute what a single 7×7 kernel can compute as well. That kernel is the response of the stack to one bright pixel, flipped in both directions. (The converse is false: with one
# channel three 3×3 kernels have 27 numbers, and most of the 7×7 kernels, with 49, cannot be written so.)

# %%
rng = torch.Generator().manual_seed(SEED)
kernels = [data.normal(rng, 1, 1, 3, 3) for _ in range(3)]
stacked, response = data.normal(rng, 1, 1, 10, 12), torch.zeros(1, 1, 13, 13).double()
picture, response[0, 0, 6, 6] = stacked, 1
for kernel in kernels:
    stacked, response = F.conv2d(stacked, kernel), F.conv2d(response, kernel)
one_kernel = response.flip(2, 3)  # (1, 1, 7, 7)
check.close("without ReLU, one 7 x 7 is enough", F.conv2d(picture, one_kernel), stacked)

# %% [markdown]
# ## 7.3 What does a 1×1 convolution compute?
#
# At each pixel the feature maps of a layer form a vector, with one number for each channel. A **1×1 convolution** applies the same dense layer to the channel vector of each pixel.
#
# $$ Y_{o,i,j} = b_o + \sum_{c} W_{o,c}\, X_{c,i,j} \tag{7.2} $$
#
# It mixes channels and looks at no neighbours. *Network in network* puts two of them behind a $k\times k$ convolution, each with a ReLU. Its authors call this an *mlpconv*: a small MLP that slides over the picture, whose first layer is the
# $k \times k$ window.

# %% [markdown]
# The same paper replaced the dense layers at the end: the last layer has as many feature maps as there are classes, and the mean of each map is the logit of its class. This is the global average pooling of chapter 6, and it has no parameters. In
# AlexNet the dense layers have 96 % of the parameters. EfficientNet-lite0 keeps one dense layer behind its average, with 1.3 million.


# %%
def per_pixel(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """A dense layer at every pixel (eq. 7.2).   X: (n, c, h, w), W: (o, c), b: (o,) -> (n, o, h, w)"""
    pixels = X.permute(0, 2, 3, 1)  # (n, h, w, c): a dense layer wants the channels last
    return (pixels @ W.T + b).permute(0, 3, 1, 2)


rng = torch.Generator().manual_seed(SEED)
X, W, b = data.normal(rng, 2, 3, 4, 5), data.normal(rng, 6, 3), data.normal(rng, 6)
check.close("1 x 1 is per pixel", per_pixel(X, W, b), F.conv2d(X, W[:, :, None, None], b))


# %%
def mlpconv(c_in: int, c_hidden: int, c_out: int, k: int) -> nn.Sequential:
    """A k x k convolution and two 1 x 1 convolutions, each with a ReLU (Lin, Chen and Yan 2014)."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_hidden, k, padding=k // 2), nn.ReLU(),
        nn.Conv2d(c_hidden, c_hidden, 1), nn.ReLU(),
        nn.Conv2d(c_hidden, c_out, 1), nn.ReLU(),
    )  # fmt: skip


# %% [markdown]
# To check the mlpconv, cut one window out of the padded picture, send it through an MLP with the same weights, and compare with the feature maps at that pixel.

# %%
net, x = mlpconv(3, 7, 4, k=3).double(), X[:1]
window = F.pad(x, (1, 1, 1, 1))[0, :, 2:5, 3:6].flatten()  # around row 2, column 3
activation = window
for layer in net[::2]:
    activation = (layer.weight.flatten(1) @ activation + layer.bias).relu()
check.close("an MLP that slides", net(x)[0, :, 2, 3].detach(), activation.detach())
check.close("its parameters", parameters(net), 7 * (9 * 3 + 1) + 7 * (7 + 1) + 4 * (7 + 1))

# %% [markdown]
# **Break it.** A reshape in place of the permute gives the right shape and mixes pixels with channels. On a picture of one pixel the results are equal.


# %%
def per_pixel_reshaped(X: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """The slip: reshape where the axes have to be exchanged."""
    n, c, h, w = X.shape
    return (X.reshape(n, h, w, c) @ W.T + b).reshape(n, len(W), h, w)


one = X[:, :, :1, :1]
expected = per_pixel(X, W, b)
check.close("a single pixel", per_pixel_reshaped(one, W, b), per_pixel(one, W, b))
check.catches("a reshape", lambda: check.close("Y", per_pixel_reshaped(X, W, b), expected))

# %% tags=["hide-input"]
widgets.predict(
    "A 1×1 convolution with biases turns 192 feature maps of 28×28 into 16. How many parameters does it have?",
    answer=parameters(nn.Conv2d(192, 16, 1)),
    tolerance=0.5,
    because="16 output channels, each with 192 weights and a bias: 16 · 193 = 3,088. The size of the maps does not matter.",
    slips={
        "The biases are missing: one for each output channel.": 192 * 16,
        "That is the number of parameters for each pixel of the map; all pixels share the weights.": 28
        * 28
        * 16
        * 193,
        "A bias belongs to an output channel, not to an input channel.": 192 * 17,
    },
)

# %% [markdown]
# ## 7.4 Which kernel size should a layer use?
#
# An object may fill the picture or a corner of it. GoogLeNet uses several kernel sizes in the same layer and leaves the choice to the next layer. An **inception module** applies 1×1, 3×3 and 5×5 convolutions and a pooling to the same input and concatenates their feature maps.
#
# $$ \begin{aligned} Y = \big[\, &C_1(X),\ C_3(R_3(X)), \\
# &C_5(R_5(X)),\ C_{\text p}(\operatorname{pool}(X)) \,\big] \end{aligned} \tag{7.3} $$
#
# Zero padding keeps height and width the same in all branches, so that the maps can be concatenated along the channels. $C_k$ is a $k\times k$ convolution with a ReLU, and $C_{\text p}$ a 1×1 convolution.

# %% [markdown]
# $R_3$ and $R_5$ are 1×1 convolutions with fewer output than input channels. A **bottleneck** is a layer with few channels in front of an expensive layer, whose work it reduces.


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
        branch3 = self.three(self.reduce3(X).relu())
        branch5 = self.five(self.reduce5(X).relu())
        branch_p = self.after_pool(F.max_pool2d(X, 3, stride=1, padding=1))
        return torch.cat([self.one(X), branch3, branch5, branch_p], dim=1).relu()  # eq. 7.3


# %% [markdown]
# Each branch is computed by itself, with a padding of its own in front of the pooling, and compared with its share of the channels.

# %%
module, X = Inception(3, 4, 2, 5, 3, 6, 7), torch.rand(2, 3, 9, 8)
framed = F.pad(X, (1, 1, 1, 1), value=-torch.inf)  # zeros could win in a max pooling
branches = {
    "1 x 1": module.one(X),
    "3 x 3": F.conv2d(module.reduce3(X).relu(), *module.three.parameters(), padding=1),
    "5 x 5": F.conv2d(module.reduce5(X).relu(), *module.five.parameters(), padding=2),
    "pool": module.after_pool(F.max_pool2d(framed, 3, 1)),
}
shares = module(X).split([4, 5, 6, 7], dim=1)
for (name, branch), share in zip(branches.items(), shares, strict=True):
    check.close(f"branch {name}", share, branch.relu())

# %% [markdown]
# How much work does the bottleneck save? A convolution uses each of its weights once at every pixel of its output, so (6.8) gives the MACs as weights times output pixels. The next two cells state this as code and
# check it by counting the multiplications inside the loops of a convolution.


# %%
def macs(net: nn.Module, *size: int) -> int:
    """Multiply-accumulates of all convolutions for one input of this size (eq. 6.8)."""
    counts = []
    shapes_only = copy.deepcopy(net).to("meta")  # nothing is computed
    for layer in shapes_only.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(
                lambda conv, _, Y: counts.append(conv.weight.numel() * Y[0, 0].numel())
            )
    shapes_only(torch.zeros(1, *size, device="meta"))
    return sum(counts)


# %%
def counted(X: Tensor, W: Tensor, stride: int) -> tuple[Tensor, int]:
    """A convolution by loops, with the number of its multiplications.   X: (c, h, w), W: (o, c, k, l)"""
    k, l = W.shape[2:]
    rows, columns = (
        range(0, X.shape[1] - k + 1, stride),
        range(0, X.shape[2] - l + 1, stride),
    )
    Y, multiplications = torch.zeros(len(W), len(rows), len(columns)), 0
    for o, kernel in enumerate(W):
        for i, top in enumerate(rows):
            for j, left in enumerate(columns):
                products = kernel * X[:, top : top + k, left : left + l]
                multiplications += products.numel()
                Y[o, i, j] = products.sum()
    return Y, multiplications


layer, X = nn.Conv2d(3, 5, (3, 2), stride=2, bias=False), torch.rand(3, 8, 11)
Y, multiplications = counted(X, layer.weight.detach(), stride=2)
check.close("the loops are a convolution", Y, layer(X[None])[0].detach())
check.close("MACs", macs(layer, 3, 8, 11), multiplications)

# %% [markdown]
# Now take the module called 3a of GoogLeNet: 192 channels in, 28×28 pixels, and 64, 128, 32 and 32 channels out.

# %%
module = Inception(192, 64, 96, 128, 16, 32, 32)
PIXELS = 28 * 28
with_bottlenecks = macs(module, 192, 28, 28)
without = PIXELS * 192 * (64 + 9 * 128 + 25 * 32 + 32)
check.close("channels of its output", module(torch.zeros(1, 192, 28, 28)).shape[1], 256)
print(
    f"{with_bottlenecks / 1e6:.0f} million MACs with bottlenecks, {without / 1e6:.0f} without"
)
check.reaches("ratio", without / with_bottlenecks, at_least=2.4, at_most=2.5)

# %% [markdown]
# The bottlenecks save 58 % of the MACs of this module. What they cost in accuracy is not measured here.
#
# **Break it.** Without padding in one branch the maps have different sizes, and torch raises an error. Concatenated along the wrong axis, maps of equal shape raise none, and a global average behind them has a plausible shape.

# %%
maps = [torch.ones(2, 5, 8, 8), 2 * torch.ones(2, 5, 8, 8)]
unpadded = F.conv2d(maps[1], torch.ones(5, 5, 3, 3))
channels, rows = torch.cat(maps, dim=1), torch.cat(maps, dim=2)
check.raises("without padding", RuntimeError, lambda: torch.cat([maps[0], unpadded], 1))
check.close("its global average has a shape", tuple(rows.mean(dim=(2, 3)).shape), (2, 5))
check.catches("along the rows", lambda: check.close("Y", rows, channels))

# %% [markdown]
# ## 7.5 Why does a deeper plain network train worse?
#
# A deeper network can compute whatever a shallower one can: the additional layers need only copy their input. So its lowest possible training loss is at most as large. What training reaches may be larger. The **degradation problem** is that the training loss of a plain network gets worse when layers are added. Since it is the training loss, this is not overfitting.
#
# ResNet's remedy is a connection around each pair of layers. A **residual connection** adds the input of some layers to their output, so that the layers compute only the difference.
#
# $$ \begin{aligned} \mathbf y &= \operatorname{relu}\big(\mathbf x + f(\mathbf x)\big) \quad\text{or} \\
# \mathbf y &= \operatorname{relu}\big(P\,\mathbf x + f(\mathbf x)\big) \end{aligned} \tag{7.4} $$

# %% [markdown]
# $f$ is two 3×3 convolutions with batch normalisation, and a ReLU between them. A **shortcut** is the path that carries the input of a block around its layers. Where the stride or the number of channels changes, $\mathbf x$ and $f(\mathbf x)$ have different shapes. A **projection shortcut** is a shortcut with a 1×1 convolution that gives
# the input the shape of the block's output. It is $P$ in (7.4). To copy a non-negative input, such a block needs $f = 0$, for instance zero weights in its second convolution; a plain block would have to learn the identity.


# %%
class Block(nn.Module):
    """Two 3 x 3 convolutions, with or without shortcut (eq. 7.4).   (n, c_in, h, w) -> (n, c_out, h', w')"""

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
        self.branch = nn.Sequential(
            nn.Conv2d(c_in, c_out, 3, stride, padding=1, bias=not norm), normalise(c_out), nn.ReLU(),
            nn.Conv2d(c_out, c_out, 3, padding=1, bias=not norm), normalise(c_out),
        )  # fmt: skip
        self.shortcut: nn.Module | None = nn.Identity() if shortcut else None
        if shortcut and (stride != 1 or c_in != c_out):
            self.shortcut = nn.Conv2d(c_in, c_out, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        change = self.branch(x)
        return (change if self.shortcut is None else self.shortcut(x) + change).relu()


# %% [markdown]
# With $f = 0$, an identity block must copy a non-negative input and a projection block must be a strided 1×1 convolution. An identity shortcut has no parameters; a projection has.

# %%
x = torch.rand(2, 6, 8, 10, generator=torch.Generator().manual_seed(SEED))
identity, projection = Block(6, 6), Block(6, 9, stride=2)
plain = Block(6, 6, shortcut=False)
for block in (identity, projection, plain):
    nn.init.zeros_(block.branch[3].weight)  # then f = 0, whatever else it holds
check.close("identity block with f = 0", identity(x).detach(), x)
strided = F.conv2d(x, projection.shortcut.weight, stride=2).relu()
check.close("projection block with f = 0", projection(x), strided)
check.catches("a plain block with f = 0", lambda: check.close("y", plain(x).detach(), x))
check.close("parameters of the identity", parameters(identity) - parameters(plain), 0)
check.close("parameters of the projection", parameters(projection.shortcut), 6 * 9)

# %% [markdown]
# The experiment uses the 8×8 digits and three networks: plain with 8 layers, plain with 42, and residual with 42. All have batch normalisation and start from He initialisation. Since the best learning rate may differ, each is trained at two
# rates, one ten times the other, for four epochs.


# %%
def tower(blocks: int, shortcut: bool, norm: bool = True, width: int = 16) -> nn.Sequential:
    """2 blocks + 2 layers, He initialisation.   (n, 1, 8, 8) -> logits (n, 10)"""
    body = [Block(width, width, shortcut=shortcut, norm=norm) for _ in range(blocks)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]
    net = nn.Sequential(nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), *body, *head)
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net


# %% [markdown]
# The training loop uses Adam with a learning rate that rises to `lr` and falls again. Several rates, one for each child of `net`, will be needed in section 7.11.


# %%
def train(
    net: nn.Module, X: Tensor, y: Tensor, epochs: int, lr: float | list[float], seed: int, batch: int = 64
) -> float:  # fmt: skip
    """Minimise the cross-entropy; returns the mean loss of the last epoch."""
    net, X, y = net.to(device()), X.to(device()), y.to(device())
    rng, steps = torch.Generator().manual_seed(seed), epochs * -(-len(X) // batch)
    parts = [net] if isinstance(lr, float) else net.children()
    groups = [
        {"params": [p for p in part.parameters() if p.requires_grad]} for part in parts
    ]
    optimizer = torch.optim.Adam(groups)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
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
TOWERS = {
    "plain, 8 layers": {"blocks": 3, "shortcut": False},
    "plain, 42 layers": {"blocks": 20, "shortcut": False},
    "residual, 42 layers": {"blocks": 20, "shortcut": True},
}
TOWER_RATES = (0.003, 0.03)
digits = data.digits(seed=SEED)
X_train, X_test = (X.view(-1, 1, 8, 8) for X in (digits.X_train, digits.X_test))
losses, accuracies = {}, {}
for name, options in TOWERS.items():
    for lr in TOWER_RATES:
        torch.manual_seed(SEED)
        net = tower(**options)
        losses[name, lr] = train(net, X_train, digits.y_train, epochs=4, lr=lr, seed=SEED)
        accuracies[name, lr] = data.accuracy(net, X_test, digits.y_test)


# %% tags=["hide-input"]
def compared(
    title: str, at: Sequence[float], curves: dict[str, list[float]], **axes: object
) -> plots.Figure:
    """A curve for each name, its values measured `at` these places, with the legend at the right."""
    fig, ax = plots.panel(title, size=(5.2, 3.0), **axes)
    for (name, values), marker, colour in zip(
        curves.items(), "s^ox", plots.SERIES, strict=False
    ):
        ax.plot(at[: len(values)], values, marker=marker, color=colour, label=name)
    ax.set_xticks(at, [str(value) for value in at])
    ax.minorticks_off()
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return fig


def listed(x: Sequence[float], curves: dict[str, list[float]]) -> str:
    """The same in words."""
    points = {
        name: [f"{v:.2f} at {at}" for at, v in zip(x, values, strict=False)]
        for name, values in curves.items()
    }
    return "; ".join(f"{name}: {', '.join(texts)}" for name, texts in points.items()) + "."


# %% tags=["hide-input"]
curves = {name: [losses[name, lr] for lr in TOWER_RATES] for name in TOWERS}
fig = compared(
    "8×8 digits, four epochs", TOWER_RATES, curves, x="learning rate (maximum)", y="training loss",
    xscale="log", yscale="log", ylim=(0.03, 4),
)  # fmt: skip
plots.show(fig, alt="Training loss against learning rate. " + listed(TOWER_RATES, curves))

# %%
best = {name: min(losses[name, lr] for lr in TOWER_RATES) for name in TOWERS}
shallow, deep, residual = best.values()
print(", ".join(f"{name} {loss:.2f}" for name, loss in best.items()))
gaps = [
    losses["plain, 42 layers", lr] - losses["plain, 8 layers", lr] for lr in TOWER_RATES
]
worst = max(losses["residual, 42 layers", lr] for lr in TOWER_RATES)
right = max(accuracies["residual, 42 layers", lr] for lr in TOWER_RATES)
check.reaches("plain, 8 layers: training loss at its best rate", shallow, at_most=0.15)
check.reaches("plain, 42 layers: training loss at its best rate", deep, at_least=1.0)
check.reaches("plain: loss at 42 layers minus 8, smallest gap", min(gaps), at_least=0.5)
check.reaches("residual, 42 layers: training loss at its best rate", residual, at_most=0.15)
check.reaches("residual, 42 layers: training loss at its worst rate", worst, at_most=0.35)
check.reaches("residual, 42 layers: accuracy on unseen digits", right, at_least=0.94)

# %% [markdown]
# At both rates the plain network of 42 layers has the largest training loss, although it could represent what the one with 8 layers represents. With shortcuts, 42 layers reach the loss of the 8 plain layers, and are below 0.35 at both rates. (At a rate of .01 the order was the same, on three seeds, outside this notebook.)

# %% [markdown]
# Four epochs are eighty steps. In a run outside this notebook with four times as many, at a rate of .03 and one seed, the losses were 0.32 for the plain network of 42 layers, 0.004 for that of 8 and 0.003 for the residual one: more steps make the gap smaller, but did not close it.
# ResNet's authors found such a gap at the end of a full training on ImageNet.

# %% tags=["hide-input"]
widgets.choose(
    "A residual block (7.4) with an identity shortcut computes f(x) = −x for a non-negative input x. What is its output?",
    {
        "0": True,
        "x": "That is the output for f = 0. The block adds x and f(x).",
        "−x": "The shortcut adds x to f(x), and the ReLU keeps nothing negative.",
        "2x": "f(x) is −x and not x; the sum is x − x.",
    },
    because="x + f(x) = x − x = 0, and relu(0) = 0. The branch computes the difference between output and input.",
)

# %% [markdown]
# ## 7.6 What do shortcuts do to the gradients?
#
# *Going further.*
#
# It is often written that shortcuts cure the vanishing gradient. ResNet's authors argue against this: with batch normalisation the gradients of their plain networks were healthy. For the branch and the shortcut, without the ReLU behind them, the chain rule gives
#
# $$ \frac{\partial L}{\partial \mathbf x} = \frac{\partial L}{\partial \mathbf y}\,\Big(I + \frac{\partial f}{\partial \mathbf x}\Big) . \tag{7.5} $$
#
# The identity passes the error signal on unchanged, whatever $f$ does. The next cells measure two properties of the gradients before training: their size, and their *agreement*, which is the cosine between the gradients at an input and at a neighbour of it, 0.01 away in each pixel.


# %%
def agreement(net: nn.Module, rng: torch.Generator) -> float:
    """Mean cosine of the gradients of one logit at 16 inputs, and at the same inputs moved by 0.01."""
    X = torch.rand(16, 1, 8, 8, generator=rng)
    moved = X + 0.01 * torch.randn(X.shape, generator=rng)
    gradients = []
    for inputs in (X, moved):
        inputs = inputs.clone().requires_grad_()
        gradients.append(torch.autograd.grad(net(inputs)[:, 3].sum(), inputs)[0].flatten(1))
    return F.cosine_similarity(*gradients).mean().item()


def first_over_last(net: nn.Sequential, rng: torch.Generator) -> float:
    """Norm of the loss gradient at the first convolution's weights over that at the last block's."""
    X, y = torch.rand(64, 1, 8, 8, generator=rng), torch.arange(64) % 10
    weights = [net[0].weight, net[-4].branch[3].weight]
    first, last = torch.autograd.grad(F.cross_entropy(net(X), y), weights)
    return (first.norm() / last.norm()).item()


# %%
at_start = {}
UNNORMALISED = {
    "plain, 42 layers, no norm": {"blocks": 20, "shortcut": False, "norm": False}
}
for name, options in {**TOWERS, **UNNORMALISED}.items():
    torch.manual_seed(SEED)
    net, rng = tower(**options), torch.Generator().manual_seed(SEED)
    ratio, cosine = first_over_last(net, rng), agreement(net, rng)
    at_start[name] = ratio, cosine
    print(f"{name:26} first gradient / last {ratio:6.1f}, agreement {cosine:5.2f}")

# %%
(_, near), (growth, apart), (_, kept), (_, unnormalised) = at_start.values()
check.reaches("plain, 8 layers: agreement", near, at_least=0.7)
check.reaches("plain, 42 layers: agreement", apart, at_least=-0.2, at_most=0.15)
check.reaches("residual, 42 layers: agreement", kept, at_least=0.5)
check.reaches("plain, 42 layers: first gradient over last", growth, at_least=40)
check.reaches("plain, 42 layers, no norm: agreement", unnormalised, at_least=0.25)

# %% [markdown]
# In the plain network of 42 layers the gradient has not vanished. At the first layer it is 50 to 350 times as large as at the last one, depending on the seed; a mean-field analysis of batch normalisation without shortcuts predicts such a growth (Yang et al. 2019). But gradients of neighbouring inputs are unrelated, which Balduzzi et al. (2017)
# call *shattered gradients*. With shortcuts they agree, and also in the plain network of 8 layers.
#
# Is it this agreement that decides? The last row is the control: without batch normalisation the gradients of the plain network agree as well. Train it.

# %%
digits = data.digits(seed=SEED)
X_train = digits.X_train.view(-1, 1, 8, 8)
torch.manual_seed(SEED)
net = tower(**UNNORMALISED["plain, 42 layers, no norm"])
loss = train(net, X_train, digits.y_train, epochs=4, lr=0.0003, seed=SEED)
check.reaches("plain, 42 layers, no norm: training loss", loss, at_least=1.1)

# %% [markdown]
# It trains no better than the plain network with batch normalisation, although its gradients agree. (In runs outside this notebook it did no better at .001 on three seeds, and at .003 it did not learn.) So agreement at the start goes together with trainability in the normalised networks, and is not enough by itself. Move the slider and see at which depth it is lost.

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
        f"agreement of gradients, {layers} layers", x="layers", y="cosine", ylim=(-0.15, 1.05), xlim=(0, 44)
    )  # fmt: skip
    depths = [2 * blocks + 2 for blocks in DEPTHS[:count]]
    for shortcut, name in ((True, "with shortcuts"), (False, "plain")):
        marker = "o" if shortcut else "s"
        ax.plot(depths, AGREED[shortcut][:count], marker=marker, label=name)
    ax.legend(loc="upper right")
    return fig


# %% tags=["hide-input"]
widgets.explore(
    plain_against_residual, layers=[2 * blocks + 2 for blocks in DEPTHS],
    title="Plain against residual", hint="Make the networks deeper. At which depth do neighbouring gradients stop agreeing?",
)  # fmt: skip

# %% [markdown]
# In (7.4) a ReLU stands behind each sum, so (7.5) holds only where it is active. A **pre-activation block** puts batch normalisation and ReLU in front of each convolution and nothing behind the sum, so that the shortcuts form an identity from the first block to the last.


# %%
class PreActivation(nn.Module):
    """y = x + f(x), norm and ReLU before each convolution (He et al. 2016b).   (n, c, h, w) -> the same"""

    def __init__(self, c: int):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1, bias=False),
            nn.BatchNorm2d(c), nn.ReLU(), nn.Conv2d(c, c, 3, padding=1, bias=False),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return x + self.branch(x)


# %% [markdown]
# Put $f = 0$ in three blocks of either kind, and send back an error signal: behind pre-activation blocks it arrives unchanged; behind the others it is zero wherever the input is negative.

# %%
rng = torch.Generator().manual_seed(SEED)
x, signal = (torch.randn(2, 5, 4, 3, generator=rng) for _ in range(2))
x.requires_grad_()
before = nn.Sequential(*[PreActivation(5) for _ in range(3)])
after = nn.Sequential(*[Block(5, 5) for _ in range(3)])
for convolution in [b.branch[5] for b in before] + [b.branch[3] for b in after]:
    nn.init.zeros_(convolution.weight)  # then f = 0
check.close("pre-activation", torch.autograd.grad(before(x), x, signal)[0], signal)
masked = signal * (x > 0)
check.close("ReLU after the sum", torch.autograd.grad(after(x), x, signal)[0], masked)

# %% [markdown]
# ## 7.7 What changes if maps are concatenated instead of added?
#
# *Going further.*
#
# In (7.4) the new maps are added to the old ones. A **dense block** concatenates the feature maps of each of its layers with all earlier ones, so that each layer gets the maps of all layers before it. The **growth rate** is the number of feature maps that each layer of a dense block adds.
#
# With $c$ maps at the input and growth rate $g$, layer $i = 0, 1, \dots$ has $c + ig$ input and $g$ output channels. Its parameters grow with $i$, yet a small $g$ keeps them few.


# %%
class DenseBlock(nn.Module):
    """Each layer adds `growth` maps to all before it.   (n, c, h, w) -> (n, c + layers growth, h, w)"""

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
last = F.conv2d(Y[:, :14], *dense.layers[2].parameters(), padding=1).relu()
check.close("the last layer gets all maps before it", Y[:, 14:], last)

# %% [markdown]
# Compare a dense block of twelve layers, from 16 to 160 maps, with a stack of twelve ordinary layers that has 160 maps throughout, and with a narrow one that has 16.

# %%
dense = DenseBlock(16, growth=12, layers=12)
wide = nn.Sequential(*[nn.Conv2d(160, 160, 3, padding=1) for _ in range(12)])
narrow = nn.Sequential(*[nn.Conv2d(16, 16, 3, padding=1) for _ in range(12)])
each = [parameters(layer) for layer in dense.layers]
check.close(
    "parameters of each layer", each, [12 * (9 * (16 + 12 * i) + 1) for i in range(12)]
)
for name, net in {"dense": dense, "160 maps": wide, "16 maps": narrow}.items():
    print(f"{name:9} {parameters(net):9,} parameters")
check.reaches(
    "wide over dense", parameters(wide) / parameters(dense), at_least=25, at_most=27
)

# %% [markdown]
# The dense block has a twenty-sixth of the parameters of the stack with as many maps at its end, and 3.8 times those of the narrow one. Whether concatenation costs parameters depends on what it is compared with. DenseNet's authors report the accuracy of
# ResNets at fewer parameters; accuracy is not measured here.

# %% [markdown]
# ## 7.8 Can a convolution be factorised?
#
# A convolution combines neighbouring pixels and mixes channels at once, with $k^2$ weights for each pair of an input and an output channel. A **depthwise separable convolution** applies one kernel to each channel by itself, and then a 1×1 convolution that mixes the channels.
#
# $$ Y_{o,i,j} = \sum_{c} V_{o,c} \Big( \sum_{u,v} D_{c,u,v}\; X_{c,\,i+u,\,j+v} \Big) \tag{7.6} $$

# %% [markdown]
# The first part is called *depthwise* and the second *pointwise*. Without biases they have $k^2 c_{\text{in}}$ and $c_{\text{in}} c_{\text{out}}$ weights. Divided by the $k^2 c_{\text{in}} c_{\text{out}}$ weights of an ordinary convolution this is
#
# $$ \frac{k^2 c_{\text{in}} + c_{\text{in}}\,c_{\text{out}}}{k^2\,c_{\text{in}}\,c_{\text{out}}} = \frac{1}{c_{\text{out}}} + \frac{1}{k^2} , \tag{7.7} $$
#
# about a ninth for 3×3 kernels and many channels.


# %%
def separable(X: Tensor, D: Tensor, V: Tensor) -> Tensor:
    """Channel by channel, then mixed (eq. 7.6).   X: (n, c, h, w), D: (c, k, l), V: (o, c)"""
    filtered = [F.conv2d(X[:, c : c + 1], D[c][None, None]) for c in range(len(D))]
    return F.conv2d(torch.cat(filtered, dim=1), V[:, :, None, None])


rng = torch.Generator().manual_seed(SEED)
X, D, V = data.normal(rng, 2, 4, 6, 7), data.normal(rng, 4, 3, 2), data.normal(rng, 5, 4)
grouped = F.conv2d(F.conv2d(X, D[:, None], groups=4), V[:, :, None, None])
check.close("torch's groups", separable(X, D, V), grouped)
kernel = V[:, :, None, None] * D[None]  # (o, c, k, l): each weight is a product of two
check.close("an ordinary convolution", separable(X, D, V), F.conv2d(X, kernel))

# %% [markdown]
# The last check shows what is given up: it is an ordinary convolution whose kernels for one input channel are all multiples of the same kernel. With biases the two layers have $c_{\text{in}} + c_{\text{out}}$ parameters more.

# %%
pair = [nn.Conv2d(32, 32, 3, groups=32, bias=False), nn.Conv2d(32, 64, 1, bias=False)]
whole = nn.Conv2d(32, 64, 3, bias=False)
check.close("eq. 7.7", parameters(*pair) / parameters(whole), 1 / 64 + 1 / 9)
with_biases = parameters(nn.Conv2d(32, 32, 3, groups=32), nn.Conv2d(32, 64, 1))
check.close("with biases", with_biases, parameters(*pair) + 32 + 64)
check.close(
    "MACs, eq. 7.7",
    macs(pair[0], 32, 9, 9) + macs(pair[1], 32, 7, 7),
    49 * parameters(*pair),
)

# %% [markdown]
# What does the restriction cost in accuracy? Train the same small network with both kinds of layers on the 8×8 digits.


# %%
def small_net(separate: bool) -> nn.Sequential:
    """Three layers, batch norm, global average pooling.   (n, 1, h, w) -> logits (n, 10)"""

    def layer(c_in: int, c_out: int) -> list[nn.Module]:
        kind: list[nn.Module] = [nn.Conv2d(c_in, c_out, 3, padding=1)]
        if separate:
            depthwise = nn.Conv2d(c_in, c_in, 3, padding=1, groups=c_in)
            kind = [depthwise, nn.Conv2d(c_in, c_out, 1)]
        return [*kind, nn.BatchNorm2d(c_out), nn.ReLU()]

    first = [nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]
    return nn.Sequential(*first, *layer(16, 32), nn.MaxPool2d(2), *layer(32, 64), *head)


# %%
digits = data.digits(seed=SEED)
X_train, X_test = (X.view(-1, 1, 8, 8) for X in (digits.X_train, digits.X_test))
scores = {}
for name, separate in {"ordinary": False, "depthwise separable": True}.items():
    torch.manual_seed(SEED)
    net = small_net(separate)
    train(net, X_train, digits.y_train, epochs=8, lr=0.01, seed=SEED)
    scores[name] = data.accuracy(net, X_test, digits.y_test)
    print(f"{name:20} {parameters(net):6,} parameters, accuracy {scores[name]:.1%}")
ordinary, separated = scores.values()
check.reaches("depthwise separable: accuracy", separated, at_least=0.96)
check.reaches("what it costs", ordinary - separated, at_least=-0.01, at_most=0.025)

# %% [markdown]
# A sixth of the parameters remain, and the accuracy falls by at most two points on each of five seeds, on digits that are easy. The cost depends on the task: with 200 pictures of MNIST, in a run outside this notebook, it was eight points (0.80 against 0.88, means of five seeds).
#
# Is the layer faster by the same factor? Compare the MACs with the time on your computer.

# %% tags=["hide-input"]
from time import perf_counter


def best_time(net: nn.Module, X: Tensor, runs: int = 7) -> float:
    """The shortest of some runs, in seconds."""
    times = []
    with torch.no_grad():
        for _ in range(runs):
            begin = perf_counter()
            net(X)
            times.append(perf_counter() - begin)
    return min(times)


# %%
X = torch.rand(16, 64, 28, 28)
ordinary = nn.Conv2d(64, 64, 3, padding=1)
factorised = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.Conv2d(64, 64, 1))
work = macs(ordinary, 64, 28, 28) / macs(factorised, 64, 28, 28)
print(
    f"MACs: {work:.1f} times fewer, time: {best_time(ordinary, X) / best_time(factorised, X):.1f} times less"
)

# %% [markdown]
# The factor depends on the machine, the sizes and the library. On ours, with one thread, the layer took between a tenth and a fifth of the time, at an eighth of the MACs.

# %% [markdown]
# Two further blocks use 1×1 convolutions around a 3×3 one. ResNet-50's block has a bottleneck: 1×1 to a quarter of the channels, 3×3, and 1×1 back, with $\tfrac{17}{16}c^2$ weights for $c$ channels in place of $18c^2$. An **inverted residual** is a block with many channels inside: a 1×1 convolution adds channels, a depthwise convolution filters them, a 1×1 convolution without activation function removes them again, and a shortcut connects the two ends. MobileNetV2 and EfficientNet are built of it.


# %%
def inverted_residual(X: Tensor, expand: Tensor, D: Tensor, project: Tensor) -> Tensor:
    """Widen, filter each map, narrow, add X; no norm.   X: (n, c, h, w), D: (t c, 1, k, k) -> as X"""
    wide = F.relu6(F.conv2d(X, expand))  # relu6(z) = min(relu(z), 6)   (n, t c, h, w)
    filtered = F.relu6(F.conv2d(wide, D, padding=D.shape[2] // 2, groups=len(D)))
    return X + F.conv2d(filtered, project)  # no activation function behind `project`


# %% [markdown]
# Does it describe the pretrained network? Give it the weights of one of the network's own blocks, with each batch normalisation, at inference an affine map of each channel, replaced by the identity.

# %%
theirs = copy.deepcopy(NETWORK._blocks[2])  # 24 channels, widened to 144
for name in ("_bn0", "_bn1", "_bn2"):
    setattr(theirs, name, nn.Identity())
weights = [
    theirs._expand_conv.weight,
    theirs._depthwise_conv.weight,
    theirs._project_conv.weight,
]
X = torch.rand(2, 24, 9, 7)
with torch.no_grad():
    check.close("a block of EfficientNet-lite0", inverted_residual(X, *weights), theirs(X))

# %%
depthwise = [m for m in NETWORK.modules() if isinstance(m, nn.Conv2d) and m.groups > 1]
pointwise = [
    m for m in NETWORK.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (1, 1)
]
for name, layers in {"depthwise": depthwise, "1×1": pointwise}.items():
    print(f"{len(layers)} {name} convolutions: {parameters(*layers):,} parameters")
check.close("all of it", parameters(NETWORK), 4_652_008)
check.reaches("share of 1 x 1", parameters(*pointwise) / parameters(NETWORK), at_least=0.6)
check.reaches(
    "share of depthwise", parameters(*depthwise) / parameters(NETWORK), at_most=0.04
)
narrow = [nn.Conv2d(64, 16, 1), nn.Conv2d(16, 16, 3), nn.Conv2d(16, 64, 1)]
check.close("ResNet's bottleneck", sum(m.weight.numel() for m in narrow), 17 * 64**2 // 16)

# %% [markdown]
# The 1×1 convolutions hold two thirds of the parameters, the depthwise ones 4 %. Now compose a block yourself: how many parameters and MACs does each kind need, for maps of 28×28? Find the kind for which a larger kernel costs least.


# %% tags=["hide-input"]
def kinds_of_block(channels: int, k: int) -> dict[str, nn.Module]:
    """Name -> a block from `channels` to `channels` with a receptive field of k x k pixels."""
    less = channels // 4
    depthwise = nn.Conv2d(channels, channels, k, padding=k // 2, groups=channels)
    down, up = nn.Conv2d(channels, less, 1), nn.Conv2d(less, channels, 1)
    stack = [nn.Conv2d(channels, channels, 3, padding=1) for _ in range((k - 1) // 2)]
    return {
        f"one {k}x{k}": nn.Conv2d(channels, channels, k, padding=k // 2),
        f"{len(stack)} of 3x3": nn.Sequential(*stack),
        "bottleneck": nn.Sequential(down, nn.Conv2d(less, less, k, padding=k // 2), up),
        "separable": nn.Sequential(depthwise, nn.Conv2d(channels, channels, 1)),
    }


# %% tags=["hide-input"]
def composed(channels: int, k: int) -> tuple[plots.Figure, str]:
    """A bar for each kind of block, and the same in words."""
    blocks = kinds_of_block(channels, k)
    counts = {name: parameters(block) for name, block in blocks.items()}
    work = {name: macs(block, channels, 28, 28) / 1e6 for name, block in blocks.items()}
    title = f"{channels} channels, receptive field of {k} x {k}"
    fig, ax = plots.panel(
        title, x="parameters", xscale="log", xlim=(100, 2e7), size=(5.4, 2.4)
    )
    ax.barh(list(counts), list(counts.values()), color=plots.BLUE)
    words = {name: f"{counts[name]:,}; {work[name]:.1f} M MACs" for name in blocks}
    for i, name in enumerate(blocks):
        ax.text(counts[name] * 1.2, i, words[name], va="center", fontsize=9)
    ax.invert_yaxis()
    return fig, f"{title}. " + ", ".join(f"{name}: {text}" for name, text in words.items())


# %% tags=["hide-input"]
widgets.explore(
    composed, channels=[16, 32, 64, 128], k=[3, 5, 7],
    title="Compose a block", hint="Change the channels and the kernel size. Which kind grows fastest?",
)  # fmt: skip

# %% [markdown]
# ## 7.9 Should every channel count for every input?
#
# *Going further.*
#
# **Gating** multiplies activations by factors between 0 and 1 that the network computes from its input. **Squeeze-and-excitation** is a gating with one factor for each channel: the mean of each feature map (squeeze) goes through two small dense layers and a sigmoid (excitation).
#
# $$ \begin{gathered} s_c = \frac{1}{hw}\sum_{i,j} X_{c,i,j}, \\
# \mathbf g = \sigma\big(W_2\,\operatorname{relu}(W_1 \mathbf s + \mathbf b_1) + \mathbf b_2\big), \\
# Y_{c,i,j} = g_c\, X_{c,i,j} \end{gathered} \tag{7.8} $$
#
# $\sigma$ is the sigmoid. $W_1$ reduces $C$ channels to $C/r$, with $r = 16$ in the paper, so that the two layers have $2C^2/r$ weights.


# %%
class SqueezeExcite(nn.Module):
    """One gate for each channel, from all channels (eq. 7.8).   (n, c, h, w) -> the same"""

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
means = F.adaptive_avg_pool2d(X, 1)  # the same with torch's pieces, 1 x 1 convolutions
W1, W2 = gate.squeeze.weight[:, :, None, None], gate.excite.weight[:, :, None, None]
hidden = F.conv2d(means, W1, gate.squeeze.bias).relu()
by_torch = X * F.conv2d(hidden, W2, gate.excite.bias).sigmoid()
check.close("squeeze-and-excitation", gate(X), by_torch)
weights = gate.squeeze.weight.numel() + gate.excite.weight.numel()
check.close("weights", weights, 2 * 8 * 8 // 4)

# %% [markdown]
# **Break it.** A softmax in place of the sigmoid makes the gates of an input sum to one, so that with many channels all activations become small. Shape and range of the gates are as before.

# %%
logits = gate.excite(gate.squeeze(X.mean(dim=(2, 3))).relu())
competing = X * logits.softmax(dim=1)[:, :, None, None]
slips = {
    "A softmax makes the gates of an input sum to one; (7.8) has a sigmoid.": competing
}
check.catches("a softmax", lambda: check.close("Y", competing, gate(X), slips=slips))
print(
    f"mean gate: sigmoid {gate.gates(X).mean():.2f}, softmax {logits.softmax(dim=1).mean():.3f}"
)

# %% [markdown]
# Does it help our small network? Put a gate behind each of its last two ReLUs.


# %%
def gated(net: nn.Sequential, channels: dict[int, int]) -> nn.Sequential:
    """The layers of `net`, with gates of so many channels behind the layers with these numbers."""
    layers: list[nn.Module] = []
    for i, layer in enumerate(net):
        layers += [layer, SqueezeExcite(channels[i])] if i in channels else [layer]
    return nn.Sequential(*layers)


# %%
digits = data.digits(seed=SEED)
X_train, X_test = (X.view(-1, 1, 8, 8) for X in (digits.X_train, digits.X_test))
scores = {}
for name, channels in {"without gates": {}, "with gates": {5: 32, 9: 64}}.items():
    torch.manual_seed(SEED)
    net = gated(small_net(separate=False), channels)
    train(net, X_train, digits.y_train, epochs=8, lr=0.01, seed=SEED)
    scores[name] = data.accuracy(net, X_test, digits.y_test)
    print(f"{name:13} {parameters(net):,} parameters, accuracy {scores[name]:.1%}")
gain = scores["with gates"] - scores["without gates"]
check.reaches("what the gates change", gain, at_least=-0.015, at_most=0.015)

# %% [markdown]
# On five seeds the gates changed the accuracy by at most one point, in either direction, and a run outside this notebook on 200 pictures of MNIST showed no gain either. For ImageNet, Hu, Shen and Sun report a top-5 error of 6.6 % for a ResNet-50 with gates, and 7.5 % without.

# %% [markdown]
# A gate may also be a map over the pixels, the same for all channels. It can come from a network of any kind; the smallest is a single 1×1 convolution:
#
# $$ \begin{gathered} G_{i,j} = \sigma\Big(b + \sum_c w_c\, X_{c,i,j}\Big), \\
# Y_{c,i,j} = G_{i,j}\, X_{c,i,j} \end{gathered} \tag{7.9} $$


# %%
class PixelGate(nn.Module):
    """One gate for each pixel, the same for all channels (eq. 7.9).   (n, c, h, w) -> the same"""

    def __init__(self, c: int):
        super().__init__()
        self.conv = nn.Conv2d(c, 1, 1)

    def forward(self, X: Tensor) -> Tensor:
        return X * self.conv(X).sigmoid()  # (n, 1, h, w) stretches over the channels


torch.manual_seed(SEED)
gate, X = PixelGate(8), torch.randn(3, 8, 4, 5)
w, b, by_hand = gate.conv.weight.flatten(), gate.conv.bias, torch.empty_like(X)
for n in range(3):
    for i in range(4):
        for j in range(5):
            logit = b + (w * X[n, :, i, j]).sum()
            by_hand[n, :, i, j] = X[n, :, i, j] / (1 + (-logit).exp())
check.close("a gating map", gate(X), by_hand)
check.close("its parameters", parameters(gate), 8 + 1)

# %% [markdown]
# EfficientNet-lite0 has no squeeze-and-excitation: among the changes that make it "lite", its authors removed the gates, since some accelerators for telephones do not support them well. Chapter 16 computes factors from other positions too, under the name of attention.

# %% [markdown]
# ## 7.10 How well do features of other pictures serve a task with few examples?
#
# **Transfer learning** uses what a network learned on one task for another task. The **source task** is the task on which a network was trained first. The **target task** is the task for which the features or parameters of a network that was trained on a source task are used afterwards. **Pre-training** is the training on the source task, here ImageNet.

# %% [markdown]
# The lecture notes remark that the first layers of such networks find primitive features, which other tasks need as well. Look at the kernels of our network's first layer. It has 32, of which four have weights of zero and are left out.

# %% tags=["hide-input"]
kernels = NETWORK._conv_stem.weight.detach()  # (32, 3, 3, 3)
kernels = kernels[kernels.flatten(1).norm(dim=1) > 0.001]
fig, axes = plots.tiles(
    "28 kernels of the first layer, 3×3 pixels", 28, 14, size=(7.2, 1.6)
)
for ax, kernel in zip(axes, kernels, strict=True):
    plots.image(ax, 0.5 + 0.5 * kernel / kernel.abs().max())
plots.show(
    fig,
    alt="28 kernels of 3 by 3 pixels as small colour pictures: some have one colour throughout, others opposite colours on two sides.",
)


# %%
def one_sided(kernels: Tensor) -> Tensor:
    """|sum of a channel's weights| over the sum of their sizes: 1 for a mean, 0 for a difference.   -> (n,)"""
    return kernels.sum(dim=(2, 3)).abs().sum(dim=1) / kernels.abs().sum(dim=(1, 2, 3))


random = torch.randn(kernels.shape, generator=torch.Generator().manual_seed(SEED))
for name, weights in {"trained": one_sided(kernels), "random": one_sided(random)}.items():
    print(
        f"{name}: {(weights > 0.9).sum()} means of a colour, {(weights < 0.15).sum()} differences"
    )
check.close(
    "trained: kernels, means",
    [len(kernels), (one_sided(kernels) > 0.9).sum().item()],
    [28, 7],
)
check.close("trained: differences", (one_sided(kernels) < 0.15).sum().item(), 10)
check.reaches("random: means", (one_sided(random) > 0.9).sum(), at_most=1)
check.reaches("random: differences", (one_sided(random) < 0.15).sum(), at_most=7)

# %% [markdown]
# Seven of the 28 kernels average a colour: within each colour nearly all of their weights have one sign. Ten are differences, as in edges: their weights within a colour sum to nearly zero. Among random kernels both are rarer. Colours and edges occur in any photograph, whatever its class. Whether such features serve another task has to be measured.

# %% [markdown]
# The target task is not among ImageNet's classes: ten kinds of surface, from brick to galaxies, in grey, as patches of 64×64 pixels from ten photographs. Training patches come from the left half of each photograph, test patches from the right half. Each patch is turned by a random multiple of 90° and
# its brightness is scaled at random.


# %%
SURFACES = ("brick", "grass", "gravel", "coins", "tissue",
            "moon", "galaxies", "cat", "flower", "temple")  # fmt: skip


def turned_and_lit(half: Tensor, rng: torch.Generator) -> Tensor:
    """A patch of 64 x 64 pixels from anywhere in a picture, turned and scaled in brightness."""
    top, left = (int(torch.randint(n - 63, (1,), generator=rng)) for n in half.shape[1:])
    turns = int(torch.randint(4, (1,), generator=rng))
    light = 0.5 + torch.rand(1, generator=rng)
    patch = half[:, top : top + 64, left : left + 64] * light
    return patch.rot90(turns, dims=(1, 2)).clamp(0, 1)


# %%
def patches(each: int, side: str, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """`each` grey patches of every surface from the "left" or "right" half.   -> (n, 3, 64, 64), (n,)"""
    X, y = [], []
    for label, name in enumerate(SURFACES):
        photo = data.photo(name).mean(dim=0, keepdim=True).expand(3, -1, -1).float()
        middle = photo.shape[2] // 2
        half = photo[:, :, :middle] if side == "left" else photo[:, :, middle:]
        X += [turned_and_lit(half, rng) for _ in range(each)]
        y += [label] * each
    return torch.stack(X), torch.tensor(y)


RNG = torch.Generator().manual_seed(SEED)
UNSEEN = patches(20, "right", RNG)
FEW = {each: patches(each, "left", RNG) for each in (1, 2, 5)}

# %% tags=["hide-input"]
KINDS = dict(zip(SURFACES, ("brick", "grass", "gravel", "coins", "tissue", "moon", "galaxies", "fur and face of a cat", "dahlia", "tower and sky"), strict=True))  # fmt: skip
richest = {}
for name, five in zip(SURFACES, FEW[5][0][:, 0].split(5), strict=True):
    richest[name] = five[five.std(dim=(1, 2)).argmax()]
texts = [f"A grey patch of 64 by 64 pixels: {KINDS[name]}." for name in SURFACES]
plots.pictures(richest, side=1.3, limits=(0, 1), smooth=True, alt=texts)

# %% [markdown]
# Shown is, of five patches of each kind, the one with the highest contrast. Others show little but sky or dark background.
#
# **Frozen features** are the outputs of a pre-trained network, without its last layers, whose parameters are not trained any further. A new last layer is trained on them. Since nothing before it changes, they are computed once: 1,280 numbers for each patch.


# %%
class Features(nn.Module):
    """EfficientNet-lite0 without its last layer.   (n, 3, h, w) in 0..1 -> (n, 1280)"""

    def __init__(self) -> None:
        super().__init__()
        self.network = pretrained.efficientnet_lite0()

    def forward(self, images: Tensor) -> Tensor:
        return self.network.extract_features(pretrained.prepare(images)).mean(dim=(2, 3))


@torch.no_grad()
def features_of(net: nn.Module, images: Tensor) -> Tensor:
    """The features, computed in parts.   (n, 3, 64, 64) -> (n, 1280)"""
    net = net.to(device())
    return torch.cat([net(part.to(device())).cpu() for part in images.split(50)])


# %% [markdown]
# A gain needs something to be compared with. There are three controls: a small CNN that is trained from scratch on the same patches; the same features of an *untrained* copy of the network; and nearest neighbours on eight texture numbers, with no network at all.


# %%
def from_scratch() -> nn.Sequential:
    """A small CNN with global average pooling.   (n, 3, 64, 64) -> logits (n, 10)"""
    layers: list[nn.Module] = []
    for c_in, c_out in ((3, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out)]
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def untrained() -> Features:
    """The same network with random parameters."""
    net = Features()
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
            layer.reset_parameters()
    return net


# %%
def texture(X: Tensor) -> Tensor:
    """Contrast, and by it: differences of pixels 1, 2, 4, 8 apart, and three quantiles.   -> (n, 8)"""
    grey = X[:, 0] - X[:, 0].mean(dim=(1, 2), keepdim=True)
    contrast = grey.std(dim=(1, 2)).clamp(min=1e-3)
    numbers = [contrast]
    for d in (1, 2, 4, 8):
        vertical, horizontal = grey[:, d:] - grey[:, :-d], grey[:, :, d:] - grey[:, :, :-d]
        numbers.append(
            (vertical.abs().mean((1, 2)) + horizontal.abs().mean((1, 2))) / contrast
        )
    quantiles = torch.quantile(grey.flatten(1), torch.tensor([0.1, 0.5, 0.9]), dim=1)
    return torch.stack([*numbers, *(quantiles / contrast)], dim=1)


def nearest_neighbour(A: Tensor, y: Tensor, B: Tensor) -> Tensor:
    """The labels of the nearest rows of A, each column scaled by A's standard deviation.   -> (len(B),)"""
    scale = A.std(dim=0).clamp(min=1e-6)
    return y[torch.cdist(B / scale, A / scale).argmin(dim=1)]


# %%
torch.manual_seed(SEED)
frozen, blank = Features(), untrained()
unseen, HEADS, scores = features_of(frozen, UNSEEN[0]), {}, {}
for each, (X, y) in FEW.items():
    torch.manual_seed(SEED)
    HEADS[each], small = nn.Linear(1280, 10), from_scratch()
    train(HEADS[each], features_of(frozen, X), y, epochs=60, lr=0.01, seed=SEED, batch=10)
    train(small, X, y, epochs=60, lr=0.01, seed=SEED, batch=10)
    labels = nearest_neighbour(texture(X), y, texture(UNSEEN[0]))
    scores[each] = {
        "frozen features": data.accuracy(HEADS[each], unseen, UNSEEN[1]),
        "from scratch": data.accuracy(small, *UNSEEN),
        "texture numbers": (labels == UNSEEN[1]).float().mean().item(),
    }

# %%
X, y = features_of(blank, FEW[5][0]), FEW[5][1]
mean, std = X.mean(dim=0), X.std(dim=0) + 1e-6
torch.manual_seed(SEED)
head = nn.Linear(1280, 10)
train(head, (X - mean) / std, y, epochs=60, lr=0.01, seed=SEED, batch=10)
random_score = data.accuracy(head, (features_of(blank, UNSEEN[0]) - mean) / std, UNSEEN[1])

# %% tags=["hide-input"]
EACH = [1, 2, 5]
curves = {name: [scores[each][name] for each in EACH] for name in scores[5]}
fig = compared(
    "ten surfaces, 200 unseen patches", EACH, curves,
    x="patches of each surface in training", y="accuracy", ylim=(0, 1),
)  # fmt: skip
fig.axes[0].plot([5], [random_score], "x", color=plots.PURPLE, label="untrained features")
fig.axes[0].legend(loc="center left", bbox_to_anchor=(1, 0.5))
words = f"{listed(EACH, curves)} Untrained features: {random_score:.2f} at 5."
plots.show(
    fig, alt="Accuracy against the number of training patches of each surface. " + words
)

# %%
for each, row in scores.items():
    best, alone, by_hand = row.values()
    print(
        f"{each} of each: frozen {best:.1%}, from scratch {alone:.1%}, texture numbers {by_hand:.1%}"
    )
    check.reaches(f"{each} of each: frozen minus scratch", best - alone, at_least=0.05)
    check.reaches(f"{each} of each: frozen minus textures", best - by_hand, at_least=0.08)
check.reaches("five of each: frozen features", scores[5]["frozen features"], at_least=0.79)
check.reaches("five of each: untrained features", random_score, at_most=0.3)

# %% [markdown]
# With five patches of each surface, frozen features get 82 to 89 % of the unseen patches right on five seeds. The controls tell what the pre-training contributes: the same architecture without it stays below 30 %, so the features are learned and not a matter of the architecture (in a run outside this notebook, with the running statistics of the patches, it reached 22 %); a network trained from scratch reaches 70 to 76 %.
#
# The task is not hard: eight texture numbers and no network reach 65 to 73 %. Frozen features are better than both controls on each of five seeds.

# %% [markdown]
# ## 7.11 At which learning rate should the pre-trained layers be trained?
#
# **Fine-tuning** trains the layers of a pre-trained network further on the target task. The usual advice is a learning rate below that of a training from scratch, and batch normalisation left in evaluation mode, so that its running statistics, which come from a million photographs, are not replaced by those of a few patches. Here is the accuracy against the rate,
# after four epochs, that is eight steps, on two patches of each surface.


# %%
def fine_tuned(
    lr: float | list[float], norm_trains: bool = False, trained: int = 16
) -> float:
    """Accuracy after four epochs of fine-tuning; `trained` of the network's 16 blocks, the last ones, train."""
    torch.manual_seed(SEED)  # in training, the network leaves out blocks at random
    net = nn.Sequential(Features(), copy.deepcopy(HEADS[2])).train()
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.train(norm_trains)
    if trained < 16:
        early = [
            net[0].network._conv_stem,
            net[0].network._bn0,
            *net[0].network._blocks[:-trained],
        ]
        nn.ModuleList(early).requires_grad_(False)
    train(net, *FEW[2], epochs=4, lr=lr, seed=SEED, batch=10)
    return data.accuracy(net, *UNSEEN)


# %%
BODY_RATES = (0.0003, 0.001, 0.003)
start = data.accuracy(HEADS[2], features_of(Features(), UNSEEN[0]), UNSEEN[1])
curve = [fine_tuned(lr) for lr in BODY_RATES]
two_rates = fine_tuned([0.0003, 0.003])  # the body's, and the last layer's
late_blocks = fine_tuned(0.0003, trained=6)

# %% tags=["hide-input"]
curves = {
    "all layers": curve,
    "last layer at 0.003": [two_rates],
    "last six blocks only": [late_blocks],
}
fig = compared(
    "two patches of each surface, four epochs", BODY_RATES, curves,
    x="learning rate (maximum)", y="accuracy", xscale="log", ylim=(0, 1),
)  # fmt: skip
fig.axes[0].axhline(start, color=plots.PURPLE, label="frozen features")
fig.axes[0].legend(loc="center left", bbox_to_anchor=(1, 0.5))
words = f"{listed(BODY_RATES, curves)} Frozen features: {start:.2f}."
plots.show(fig, alt="Accuracy against learning rate. " + words)

# %%
print(
    f"frozen {start:.1%}, last layer at 0.003 {two_rates:.1%}, last six blocks {late_blocks:.1%}"
)
for lr, score in zip(BODY_RATES, curve, strict=True):
    print(f"all layers at {lr:<6} {score:.1%}")
check.reaches("rate .0003 minus frozen", curve[0] - start, at_least=-0.1, at_most=0.08)
check.reaches("rate .001 minus frozen", curve[1] - start, at_least=-0.5, at_most=0.12)
check.reaches("frozen minus rate .003", start - curve[2], at_least=0.4)
check.reaches("two rates minus frozen", two_rates - start, at_least=-0.25, at_most=0.08)
check.reaches("six blocks minus frozen", late_blocks - start, at_least=-0.11, at_most=0.1)

# %% [markdown]
# Adam's usual rate for a new network, .001, lost on five of six seeds, up to 37 points, and gained 6.5 on the other. At .003 fine-tuning lost 51 to 76 points, and at .01, in runs outside this notebook, one patch in ten was right, which is chance. At .0003 fine-tuning changes the accuracy by at most seven points, in either direction. With twenty patches, frozen features are as good
# and cheaper.

# %% [markdown]
# **Discriminative learning rates** are different learning rates for different layers of one network, lower ones for the pre-trained layers and a higher one for the new last layer. Or only the last blocks are trained. On six seeds neither was reliably better than frozen features here: a rate of .003 for the last layer changed the accuracy by -17 to +3 points, training the last six blocks alone by -6 to +5.

# %% [markdown]
# With batch normalisation in training mode, in runs outside this notebook, the accuracy at .0003 moved by up to 6.5 points, in either direction. With forty
# steps in place of eight, at one seed, rates of .0003 and .0001 came to within a point of frozen features. A long training on many pictures is another case.

# %% [markdown]
# > **Remember.** With few examples, train the last layer on frozen features first and take this as the baseline. Fine-tune at a rate well below the usual one, and keep it if it is better on a validation set.

# %% [markdown]
# ## 7.12 When does pre-training help?
#
# *Going further.*
#
# The target task of this section is to tell the digits 5 to 9, with five examples of each. The source task is varied: printed letters of 52 classes, the digits 0 to 4, or the digits 0 and 1 alone; and so is the size of the pictures. Each source network is the small network of section 7.8.


# %%
def with_new_head(source: nn.Sequential, classes: int) -> nn.Sequential:
    """A copy of a network with a new last layer."""
    net = copy.deepcopy(source)
    net[-1] = nn.Linear(net[-1].in_features, classes)
    return net


def from_few(few: data.Split) -> float:
    """Accuracy after training from scratch on the target task alone."""
    torch.manual_seed(SEED)
    net = with_new_head(small_net(separate=False), 5)
    train(net, few.X_train, few.y_train, epochs=60, lr=0.01, seed=SEED, batch=32)
    return data.accuracy(net, few.X_test, few.y_test)


# %%
def transferred(source: nn.Sequential, few: data.Split) -> tuple[float, float]:
    """Accuracy with frozen features of the source network, and after fine-tuning it."""
    torch.manual_seed(SEED)
    head, net, body = nn.Linear(64, 5), with_new_head(source, 5).train(), source[:-1].eval()
    with torch.no_grad():  # frozen: computed once
        features, unseen = body(few.X_train), body(few.X_test)
    train(head, features, few.y_train, epochs=100, lr=0.03, seed=SEED, batch=32)
    train(net, few.X_train, few.y_train, epochs=60, lr=0.003, seed=SEED, batch=32)
    return data.accuracy(head, unseen, few.y_test), data.accuracy(
        net, few.X_test, few.y_test
    )


# %%
def shrunk(X: Tensor, size: int) -> Tensor:
    """Pictures of size x size pixels.   (n, 1, h, w) -> (n, 1, size, size)"""
    return F.interpolate(X, size=size, mode="bilinear", antialias=True)


def high_digits(digits: data.Split, each: int = 5) -> data.Split:
    """The target task: `each` examples of the digits 5 to 9, and all unseen ones, as classes 0 to 4."""
    rows = torch.cat(
        [(digits.y_train == c).nonzero().flatten()[:each] for c in range(5, 10)]
    )
    unseen = digits.y_test >= 5
    X, y = digits.X_train[rows], digits.y_train[rows] - 5
    return data.Split(X, y, digits.X_test[unseen], digits.y_test[unseen] - 5)


def low_digits(digits: data.Split, classes: int) -> tuple[Tensor, Tensor]:
    """A source task: 600 pictures of the first digits."""
    rows = (digits.y_train < classes).nonzero().flatten()[:600]
    return digits.X_train[rows], digits.y_train[rows]


# %%
small = data.digits(seed=SEED)
small = small._replace(
    X_train=small.X_train.view(-1, 1, 8, 8), X_test=small.X_test.view(-1, 1, 8, 8)
)
large = data.mnist(seed=SEED)
mnist = {
    size: large._replace(
        X_train=shrunk(large.X_train, size), X_test=shrunk(large.X_test, size)
    )
    for size in (8, 14)
}
letters, names = data.letters(copies=1, seed=SEED)
tasks = {
    "letters, MNIST 14×14": ((shrunk(letters, 14), names), mnist[14]),
    "digits 0-4, MNIST 14×14": (low_digits(mnist[14], 5), mnist[14]),
    "digits 0-1, MNIST 14×14": (low_digits(mnist[14], 2), mnist[14]),
    "digits 0-4, MNIST 8×8": (low_digits(mnist[8], 5), mnist[8]),
    "digits 0-4, 8×8 digits": (low_digits(small, 5), small),
}

# %%
gained, alone = {}, {}
for name, ((X, y), digits) in tasks.items():
    torch.manual_seed(SEED)
    net, few = (
        with_new_head(small_net(separate=False), int(y.max()) + 1),
        high_digits(digits),
    )
    train(net, X, y, epochs=8, lr=0.01, seed=SEED)
    target = name.split(", ")[1]
    if target not in alone:
        alone[target] = from_few(few)
    gained[name] = [score - alone[target] for score in transferred(net, few)]
    frozen, tuned = gained[name]
    print(
        f"{name:24} from scratch {alone[target]:.2f}, frozen {frozen:+.2f}, tuned {tuned:+.2f}"
    )

# %% tags=["hide-input"]
fig, ax = plots.panel("target task: digits 5 to 9, five examples each", x="gain in accuracy over training from scratch", size=(6.2, 3.0))  # fmt: skip
heights = range(len(gained))
for offset, kind, colour in (
    (-0.18, "frozen features", plots.BLUE),
    (0.18, "fine-tuned", plots.GREEN),
):
    values = [pair[kind == "fine-tuned"] for pair in gained.values()]
    ax.barh([h + offset for h in heights], values, height=0.34, color=colour, label=kind)
ax.axvline(0, color=plots.INK, linewidth=1)
ax.set_xticks([-0.3, -0.2, -0.1, 0, 0.1])
ax.set_yticks(heights, list(gained))
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plots.show(fig, alt="Gains over training from scratch. " + "; ".join(
    f"{name}: frozen {a:+.2f}, fine-tuned {b:+.2f}" for name, (a, b) in gained.items()) + ".")  # fmt: skip

# %%
for name in list(tasks)[:2] + list(tasks)[3:4]:
    check.reaches(f"{name}: fine-tuning gains", gained[name][1], at_least=0.0)
two, easy = gained["digits 0-1, MNIST 14×14"], gained["digits 0-4, 8×8 digits"]
check.reaches("digits 0-1: frozen features", two[0], at_most=-0.08)
check.reaches("8×8 digits: frozen features", easy[0], at_most=-0.15)
check.reaches("8×8 digits: fine-tuning", easy[1], at_least=-0.06, at_most=0.02)
for name in list(tasks)[:2]:
    check.reaches(f"{name}: frozen", gained[name][0], at_least=-0.2, at_most=0.25)

# %% [markdown]
# The results on five seeds:
#
# - *Classes of the source.* Frozen features of a source with two classes lose 10 to 29 points on each seed. With five classes or 52 letters the change is between a loss of 14 points and a gain of 12, and a loss on three or four of the five seeds. (With letters alone, in runs outside this notebook at equal numbers of pictures and one example of each of the ten digits, frozen features lost 3 points on average with 2 classes, and gained 5 with 5, 11 with 13 and 7 with 52.)
# - *Freezing.* Fine-tuning can change what the source did not need. On MNIST, after letters or the digits 0 to 4, it loses on none of the five seeds and gains up to 14 points.

# %% [markdown]
# - *The target alone.* On the 8×8 digits fine-tuning gains nothing. The small pictures are not the reason: on MNIST shrunk to 8×8 it gains on each seed, by 1 to 10 points. There, training from scratch reaches 65 to 85 %; on the 8×8 digits 89 to 94 %. (At 28×28, in a run outside this notebook, frozen features of the digits 0 to 4 gained 6 points on average and fine-tuning 8.)

# %% [markdown]
# > **Remember.** Here pre-training helped where training from scratch on the few target examples left room, and frozen features of a source task with two classes were worse than none.

# %% [markdown]
# ## 7.13 Your turn
#
# The [exercises of this chapter](../assignments/07_architectures/07_architectures.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | the cost of a depthwise separable convolution (7.1) | derive | ● | 10 |
# | the parameter table of a residual network (7.2) | predict | ●● | 15 |
# | an inception module with three branches (7.3) | write | ●● | 15 |
# | a residual block that nearly works (7.4) | find the bug | ●● | 15 |
# | a depthwise convolution (7.5) | write | ●● | 20 |
# | gates that depend on the batch (7.6) | find the bug | ●● | 10 |
# | parameter groups for frozen features and for fine-tuning (7.7) | write | ●● | 20 |
# | a classifier on frozen features (7.8) | go beyond | ●●● | 25 |
#
# One more question has no check.
#
# <details><summary>You remove a single block from a trained plain network, and a single block from a trained residual one. Which of the two still works?</summary>
#
# The residual one, with a small loss of accuracy. Veit, Wilber and Belongie (2016) removed single blocks from a trained ResNet with 110 layers and single layers from a trained VGG: the first lost little, the second fell to chance.
#
# </details>

# %% [markdown]
# ## 7.14 In five lines
#
# 1. A stack of 3×3 convolutions with stride 1 has the receptive field of one large kernel, with fewer parameters and more activation functions.
# 2. A 1×1 convolution is a dense layer at each pixel. As a bottleneck it reduces the work of the next layer; behind a depthwise convolution it makes a separable one, with about $1/k^2$ of the parameters.
# 3. A residual connection lets a block compute the difference between output and input. With it, 42 layers reached in four epochs the training loss of 8 plain layers, and 42 plain layers did not, at either of two learning rates.
# 4. A gate is a factor between 0 and 1 for a channel or a pixel, computed from the input.
# 5. With few examples, a new last layer on frozen features of a broad source task is the baseline; fine-tune at a rate far below the usual one, and compare.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes (Bologna, sections 3.4 to 3.6 and 5.3, and Politecnico di Milano, "Famous CNN architectures" and "Transfer learning"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milano, ResNet | identity shortcuts mitigate the vanishing gradient | the authors argue that vanishing gradients are unlikely to be the cause of degradation, since batch normalisation keeps them healthy; identity shortcuts add no parameters, projections do | He et al. (2016a), section 4.1 | sections 7.5, 7.6 |
# | Bologna 3.5, remark * | the worth of residual connections is only shown empirically | the identity in the gradient was analysed, and so were the shattered gradients of plain networks | He et al. (2016b); Balduzzi et al. (2017) | section 7.6 |
# | Bologna 3.5, remark * | the sum can be replaced by a concatenation | then it is a dense block: the number of maps grows, and with it the parameters of each further layer; a small growth rate keeps them few | Huang et al. (2017) | section 7.7 |
# | Bologna 3.4 * | "inception hypothesis" for the depthwise separable convolution; its count without biases | that is Xception's extreme form, inception itself is another module; biases add $c_{\text{in}} + c_{\text{out}}$ | Chollet (2017); Howard et al. (2017) | sections 7.4, 7.8 |
# | Milano, VGG * | several small filters reach larger receptive fields than one large filter | the same field, with $27C^2$ against $49C^2$ parameters | Simonyan and Zisserman (2015) | section 7.2 |
# | Milano, NiN and GoogLeNet | an mlpconv is a sequence of fully connected layers; the bottleneck is not mentioned | a $k\times k$ convolution followed by 1×1 convolutions; the 1×1 bottlenecks save most of the computation ("3×33×3" is a fault of conversion) | Lin, Chen and Yan (2014); Szegedy et al. (2015) | sections 7.3, 7.4 |
# | Bologna 5.3 * | squeeze-and-excitation by down- and up-sampling | a global mean, two dense layers that reduce by $r$, and a sigmoid | Hu, Shen and Sun (2018) | section 7.9 |

# %% [markdown]
# ## Further reading
#
# - A. Krizhevsky, I. Sutskever and G. Hinton (2012), [*ImageNet classification with deep convolutional neural networks*](https://proceedings.neurips.cc/paper/2012/hash/c399862d3b9d6b76c8436e924a68c45b-Abstract.html), NeurIPS: the table of section 7.1, and the numbers of one network and of seven.
# - K. Simonyan and A. Zisserman (2015), [*Very deep convolutional networks for large-scale image recognition*](https://arxiv.org/abs/1409.1556), ICLR: equation (7.1) is in its section 2.3.
# - M. Lin, Q. Chen and S. Yan (2014), [*Network in network*](https://arxiv.org/abs/1312.4400), ICLR: the mlpconv, and global average pooling.
# - C. Szegedy et al. (2015), [*Going deeper with convolutions*](https://arxiv.org/abs/1409.4842), CVPR: the inception module and its bottlenecks.
# - K. He, X. Zhang, S. Ren and J. Sun (2016a), [*Deep residual learning for image recognition*](https://arxiv.org/abs/1512.03385), CVPR: section 4.1 is the argument of our section 7.6. And (2016b) [*Identity mappings in deep residual networks*](https://arxiv.org/abs/1603.05027), ECCV: equation (7.5), and the pre-activation block.
# - D. Balduzzi et al. (2017), [*The shattered gradients problem*](https://arxiv.org/abs/1702.08591), ICML, and G. Yang, J. Pennington, V. Rao, J. Sohl-Dickstein and S. Schoenholz (2019), [*A mean field theory of batch normalization*](https://arxiv.org/abs/1902.08129), ICLR: gradients of deep plain networks.
# - G. Huang, Z. Liu, L. van der Maaten and K. Weinberger (2017), [*Densely connected convolutional networks*](https://arxiv.org/abs/1608.06993), CVPR: the dense block.
# - F. Chollet (2017), [*Xception*](https://arxiv.org/abs/1610.02357), CVPR, and A. Howard et al. (2017), [*MobileNets*](https://arxiv.org/abs/1704.04861): the count of section 7.8. M. Sandler et al. (2018), [*MobileNetV2*](https://arxiv.org/abs/1801.04381), CVPR: the inverted residual. M. Tan and Q. Le (2019), [*EfficientNet*](https://arxiv.org/abs/1905.11946), ICML: our pretrained network.
# - J. Hu, L. Shen and G. Sun (2018), [*Squeeze-and-excitation networks*](https://arxiv.org/abs/1709.01507), CVPR.
# - J. Yosinski, J. Clune, Y. Bengio and H. Lipson (2014), [*How transferable are features in deep neural networks?*](https://arxiv.org/abs/1411.1792), NeurIPS, and J. Howard and S. Ruder (2018), [*Universal language model fine-tuning*](https://arxiv.org/abs/1801.06146), ACL, where discriminative learning rates have their name.

# %% [markdown] tags=["neighbours"]
# Before: [6 Convolution](06_convolution.ipynb). Next: [8 Looking inside a network](08_feature_visualization.ipynb).

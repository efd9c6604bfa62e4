"""The data sets: the same for the same seed, split without overlap, nothing fetched."""

import pytest
import torch
from torch import nn

from course_utils import data


@pytest.mark.parametrize("make", [data.digits, data.moons, data.spirals])
def test_a_set_is_the_same_for_the_same_seed_and_another_for_another(make):
    once, again, other = make(seed=1), make(seed=1), make(seed=2)
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))
    assert not torch.equal(once.X_train, other.X_train)


@pytest.mark.parametrize("make", [data.digits, data.moons, data.spirals])
def test_no_example_is_in_both_parts(make):
    s = make(seed=0)
    rows = {tuple(row) for row in s.X_train.tolist()}
    assert not rows & {tuple(row) for row in s.X_test.tolist()}


def test_digits_are_whole_and_scaled():
    s = data.digits(dtype=torch.float64)
    assert (len(s.X_train), len(s.X_test)) == (1258, 539)
    assert s.X_train.dtype == torch.float64
    assert s.X_train.min() == 0
    assert s.X_train.max() == 1
    assert set(s.y_train.tolist()) == set(range(10))


@pytest.mark.parametrize("make", [data.moons, data.spirals])
def test_two_classes_are_balanced(make):
    s = make(n=400)
    share = torch.cat([s.y_train, s.y_test]).double().mean()
    assert share == 0.5


def test_a_split_keeps_inputs_and_labels_together():
    X = torch.arange(10.0)[:, None]
    s = data.split(X, torch.arange(10), test_share=0.3, seed=0)
    assert torch.equal(s.X_train[:, 0].long(), s.y_train)
    assert torch.equal(s.X_test[:, 0].long(), s.y_test)
    assert sorted([*s.y_train.tolist(), *s.y_test.tolist()]) == list(range(10))


def test_a_split_refuses_what_cannot_be_split():
    with pytest.raises(ValueError, match="must agree"):
        data.split(torch.ones(3, 1), torch.ones(2), 0.5, 0)
    with pytest.raises(ValueError, match="empty"):
        data.split(torch.ones(3, 1), torch.ones(3), 0.01, 0)


def test_normal_numbers_come_from_the_generator_alone():
    once, again = (data.normal(torch.Generator().manual_seed(3), 40, 50) for _ in range(2))
    assert torch.equal(once, again)
    assert once.shape == (40, 50)
    assert once.dtype == torch.float64
    assert abs(once.mean()) < 0.1
    assert abs(once.std() - 1) < 0.1
    single = data.normal(torch.Generator(), 2, 3, dtype=torch.float32)
    assert single.dtype == torch.float32


# -- how well a network does --------------------------------------------------------------------------------------


class Told(nn.Module):
    """Answers what its input says, 0 to 2; notes the sizes of its batches."""

    def __init__(self):
        super().__init__()
        self.frozen, self.loose = nn.Dropout(0.5), nn.Dropout(0.5)
        self.sizes: list[int] = []

    def forward(self, X):
        self.sizes.append(len(X))
        return self.loose(self.frozen(torch.eye(3, dtype=X.dtype)[X[:, 0].long()]))


LABELS = torch.tensor([0, 1, 2, 2, 1, 0, 0])


def answers(*said: int) -> torch.Tensor:
    return torch.tensor(said, dtype=torch.float64)[:, None]


def test_accuracy_counts_the_right_ones_in_batches():
    net = Told()
    found = data.accuracy(net, answers(0, 1, 2, 2, 1, 1, 2), LABELS, batch=3)
    assert found == pytest.approx(5 / 7)
    assert net.sizes == [3, 3, 1]  # a mean of the batches' means would be 2/3


def test_accuracy_uses_evaluation_mode_and_leaves_each_layer_as_it_was():
    net = Told().train()
    net.frozen.eval()
    assert data.accuracy(net, answers(*LABELS.tolist()).repeat(50, 1), LABELS.repeat(50)) == 1  # dropout would err
    assert (net.training, net.frozen.training, net.loose.training) == (True, False, True)


def test_accuracy_leaves_the_modes_as_they_were_after_an_error_too():
    net = nn.Sequential(nn.Dropout(0.5), nn.Linear(2, 3)).train()
    with pytest.raises(RuntimeError):
        data.accuracy(net, torch.zeros(4, 5), torch.zeros(4))
    assert all(layer.training for layer in net.modules())


def test_accuracy_goes_to_the_parameters_and_keeps_no_graph():
    net = nn.Linear(2, 3, device="meta")
    seen = []
    net.register_forward_hook(lambda net, inputs, output: seen.append((inputs[0].device, output.requires_grad)))
    with pytest.raises(NotImplementedError):  # meta tensors hold no numbers that could come back
        data.accuracy(net, torch.zeros(4, 2), torch.zeros(4))
    assert seen == [(torch.device("meta"), False)]


@pytest.mark.parametrize(("n", "m"), [(3, 4), (4, 3), (0, 0)])
def test_accuracy_of_nothing_is_refused(n, m):
    with pytest.raises(ValueError, match="must agree"):
        data.accuracy(Told(), torch.zeros(n, 1), torch.zeros(m))


@pytest.mark.parametrize("kind", ["strokes", "glass"])
def test_paintings_are_drawn_anew_for_each_seed_and_the_same_for_one(kind):
    first = data.painting(kind, 48, seed=1)
    assert first.shape == (3, 48, 48)
    assert first.dtype == torch.float32
    assert 0 <= first.min() < 0.2 < 0.7 < first.max() <= 1
    assert torch.equal(first, data.painting(kind, 48, seed=1))
    assert (first - data.painting(kind, 48, seed=2)).abs().mean() > 0.05


def test_other_paintings_are_refused():
    with pytest.raises(ValueError, match="no painting of the kind 'oil'; there are strokes, glass"):
        data.painting("oil")
    with pytest.raises(ValueError, match="31 pixels is too small; 32"):
        data.painting(size=31)


def test_boxes_of_scenes_fit_what_is_drawn():
    s = data.scenes(60, seed=3, most=1)
    for box, owners in zip(s.boxes, s.owners, strict=True):
        rows, columns = (owners == 1).nonzero().T
        drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert box[0].tolist() == [x.item() for x in drawn]
    assert {int(label) for labels in s.labels for label in labels} == {0, 1, 2}


def test_scenes_are_seeded_and_their_objects_can_be_seen():
    once, again, test = data.scenes(50, 1), data.scenes(50, 1), data.scenes(50, 1, "test")
    assert torch.equal(once.X, again.X)
    assert not torch.equal(once.X, test.X)
    assert {len(boxes) for boxes in once.boxes} == {1, 2, 3, 4, 5}
    assert all(len(b) == len(labels) for b, labels in zip(once.boxes, once.labels, strict=True))
    for boxes, owners in zip(once.boxes, once.owners, strict=True):
        assert set(owners.unique().tolist()) == set(range(len(boxes) + 1))  # each object shows somewhere
        assert boxes.min() >= 0
        assert boxes.max() <= 64
    for wrong in ({"part": "all"}, {"n": 0}, {"most": 0}, {"size": 40}):
        with pytest.raises(ValueError, match="give train or test"):
            data.scenes(**{"n": 3, **wrong})


def test_shapes_are_of_equal_areas_in_their_colour_and_named_by_class_and_object():
    drawn = data.shapes(600, seed=3, size=48)
    assert drawn.X.shape == (600, 3, 48, 48)
    assert drawn.X.dtype == torch.float32
    assert drawn.y.shape == drawn.parts.shape == (600, 48, 48)
    assert ((drawn.X >= 0) & (drawn.X <= 1)).all()
    assert set(drawn.y.unique().tolist()) == set(range(len(data.SHAPES)))
    assert ((drawn.y == 0) == (drawn.parts == 0)).all()
    areas = torch.bincount(drawn.y.flatten(), minlength=4)[1:]
    assert areas.max() < 1.15 * areas.min()  # the class cannot be told by the area
    for i in range(20):
        for k in drawn.parts[i].unique():
            inside = drawn.parts[i] == k
            assert len(drawn.y[i][inside].unique()) == 1
            assert inside.sum() < 30 or drawn.X[i][:, inside].std(dim=1).max() < 0.12


def test_shapes_belong_to_their_seed_and_part():
    first, again, other = data.shapes(3, 1), data.shapes(3, 1), data.shapes(3, 1, part="test")
    assert torch.equal(first.X, again.X)
    assert torch.equal(first.y, again.y)
    assert not torch.equal(first.y, other.y)


@pytest.mark.parametrize("wrong", [{"part": "all"}, {"n": 0}, {"size": 8}])
def test_shapes_refuse(wrong):
    with pytest.raises(ValueError, match="give 1 or more, train or test, and 16 or more"):
        data.shapes(**{"n": 2, **wrong})


def test_captioned_pictures_show_what_their_words_say():
    drawn = data.captioned(800, seed=3)
    assert drawn.X.shape == (800, 3, 28, 28)
    assert drawn.X.dtype == torch.float32
    assert ((drawn.X >= 0) & (drawn.X <= 1)).all()
    assert [len(drawn.words[:, k].unique()) for k in range(3)] == [2, 4, 4]
    lit = (drawn.X.amax(dim=1) > 0.5).sum(dim=(1, 2)).float()
    solid, large = drawn.words[:, 2] < 3, drawn.words[:, 0] == 1
    assert lit[solid & large].min() > lit[solid & ~large].max()
    means = [lit[large & (drawn.words[:, 2] == form)].mean() for form in range(3)]
    assert max(means) < 1.15 * min(means)  # the three solid forms have equal areas
    brightest = drawn.X.flatten(2).amax(dim=2)  # (n, 3)
    assert torch.equal(brightest[:, 0] > 0.6, (drawn.words[:, 1] == 0) | (drawn.words[:, 1] == 3))
    assert torch.equal(brightest[:, 2] > 0.6, drawn.words[:, 1] == 2)


def test_held_out_combinations_are_in_no_other_part():
    parts = {part: {tuple(row) for row in data.captioned(900, 5, part).words.tolist()} for part in ("train", "test")}
    held = {tuple(row) for row in data.captioned(200, 5, "held out").words.tolist()}
    assert held == set(data.HELD_OUT)
    assert parts["train"] == parts["test"]
    assert len(parts["train"]) == 28
    assert not held & parts["train"]
    for column, words in enumerate((data.SIZES, data.COLOURS, data.FORMS)):
        assert {row[column] for row in held} == set(range(len(words)))


def test_captioned_belong_to_their_seed_and_part():
    first, again, other = data.captioned(3, 1), data.captioned(3, 1), data.captioned(3, 1, part="test")
    assert torch.equal(first.X, again.X)
    assert not torch.equal(first.X, other.X)
    for wrong in ({"part": "all"}, {"n": 0}):
        with pytest.raises(ValueError, match="give 1 or more, and train, test or held out"):
            data.captioned(**{"n": 2, **wrong})


def test_sunspots_are_one_count_a_year():
    years, counts = data.sunspots()
    assert torch.equal(years, torch.arange(1700, 2009))
    assert counts.dtype == torch.get_default_dtype()
    assert counts[:3].tolist() == [5, 11, 16]
    assert counts.min() >= 0


@pytest.mark.parametrize("language", data.NAME_LISTS)
def test_names_are_plain_letters_and_each_stands_once(language: str):
    found = data.names(language)
    assert len(found) > 150
    assert found == sorted(set(found))
    assert all(len(name) > 2 and set(name) <= set(data.NAME_LETTERS) for name in found)


def test_names_of_an_unknown_language():
    with pytest.raises(ValueError, match="give one of English, Irish"):
        data.names("Klingon")


def test_prose_is_one_line_of_plain_characters():
    text = data.prose()
    assert text.isascii()
    assert len(text) > 300_000
    assert "  " not in text
    assert "\n" not in text


def test_sentences_hold_each_word_and_the_pronoun_of_the_person():
    found = data.sentences(600, torch.Generator().manual_seed(0))
    assert found == data.sentences(600, torch.Generator().manual_seed(0))
    words = {word for sentence in found for word in sentence}
    groups = [word for group in data.WORD_GROUPS.values() for word in group]
    assert len(groups) == len(set(groups)) == 38
    assert set(groups) < words
    assert len(words) == 51
    women = {woman for woman, _, _ in data.ROLES.values()}
    for sentence in found:
        assert 5 <= len(sentence) <= 8
        if women & set(sentence):
            assert {"she", "her"} & set(sentence)

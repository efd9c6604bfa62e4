"""Every public function of torch is classed: in a family of the bans, elementary, shown when it runs, or no task."""

import functools
import importlib
import re
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from course_utils.check.bans.families import FAMILIES, elementary, relative_of, words
from course_utils.check.bans.guard import watching
from tests.support.torch_names import MADE_OF_ELEMENTARY, NO_TASK, NO_TASK_BEGINS, RUNS_OTHERS

IN_A_FAMILY = frozenset().union(*FAMILIES.values())
PLACES = words(
    """
    torch torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.nn.utils.rnn torch.nn.utils.parametrizations
    torch.special torch.linalg torch.fft torch.signal.windows torch.autograd torch.autograd.graph
    torch.autograd.functional torch.autograd.forward_ad torch.func torch.optim torch.distributions torch.utils.data
    torch.sparse torch.Tensor
    """
)


def held(path: str) -> Iterator[tuple[str, Any]]:
    """What a module, or the class Tensor, holds of torch's own under public names."""
    place = torch.Tensor if path == "torch.Tensor" else importlib.import_module(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names warn that they are old
        for name in dir(place):
            value = getattr(place, name)
            module = getattr(value, "__module__", None) or "torch"
            if not name.startswith("_") and callable(value) and module.split(".")[0] == "torch":
                yield name, value


def functions(path: str) -> list[str]:
    return [name for name, value in held(path) if not isinstance(value, type)]


@functools.cache
def operators() -> frozenset[str]:
    names = torch._C._dispatch_get_all_op_names()
    return frozenset(name.partition("::")[2].partition(".")[0].strip("_") for name in names)


def is_shown(path: str, name: str) -> bool:
    """Whether what runs is noted and shown: a functional by its own name, an operator that is not elementary."""
    spelled = {name.strip("_"), f"{path.rpartition('.')[2]}_{name}"}
    return hasattr(torch.nn.functional, name) or any(o in operators() and not elementary(o) for o in spelled)


def unclassed(path: str) -> list[str]:
    known = IN_A_FAMILY | MADE_OF_ELEMENTARY | RUNS_OTHERS | NO_TASK
    left = [name for name in functions(path) if not (name in known or elementary(name) or is_shown(path, name))]
    return [name for name in left if not name.startswith(NO_TASK_BEGINS)]


@pytest.mark.parametrize("path", sorted(PLACES))
def test_each_public_function_is_classed(path: str) -> None:
    assert unclassed(path) == [], "new in torch: to its family in families.py, or to tests/support/torch_names.py"


def test_the_lists_hold_nothing_that_torch_has_not() -> None:
    everything = {name for path in PLACES for name, _ in held(path)} | set(dir(torch.Tensor))
    assert (MADE_OF_ELEMENTARY | RUNS_OTHERS | NO_TASK) - everything == frozenset()


# What a name outside the family must not hold, as whole words, unless it raises when it runs.
WORDS = {
    "softmax": ("softmax", "softmin"),
    "cross_entropy": ("cross_entropy", "nll_loss", "bce_loss", "bcewith_logits_loss"),
    "softplus": ("softplus",),
    "elu": ("elu", "celu", "selu"),
    "conv2d": ("conv", "convolution"),
    "conv_transpose2d": ("conv_transpose",),
    "unfold": ("unfold",),
    "fold": ("fold",),
    "max_pool2d": ("max_pool", "max_unpool"),
    "batch_norm": ("batch_norm", "layer_norm", "instance_norm", "group_norm", "rmsnorm", "rms_norm"),
    "dropout": ("dropout",),
    "kaiming_normal_": ("kaiming",),
    "xavier_normal_": ("xavier",),
    "clip_grad_norm_": ("clip_grad", "clip_grads"),
}
# What bears such a word and does another thing, or runs what is banned.
APART = words(
    """
    fuse_conv_bn_eval fuse_conv_bn_weights convert_conv2d_weight_memory_format convert_conv3d_weight_memory_format
    poisson_nll_loss PoissonNLLLoss gaussian_nll_loss GaussianNLLLoss replace_all_batch_norm_modules_
    LinearCrossEntropyOptions
    """
)


def words_of(name: str) -> str:
    """`_max_pool_` for max_pool2d and MaxPool2d."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return f"_{re.sub(r'[1-3]d', '', apart).strip('_').lower()}_"


@pytest.mark.parametrize("family", WORDS)
def test_what_bears_a_family_s_name_is_in_it(family: str) -> None:
    names = {name for path in PLACES for name, _ in held(path)} - APART
    bearers = {name for name in names if any(f"_{word}_" in words_of(name) for word in WORDS[family])}
    assert len(bearers) >= 2
    assert {name for name in bearers - FAMILIES[family] if not raises(name, family)} == set()


def raises(name: str, family: str) -> bool:
    """Whether a call of it is noted under a name that the family bans."""
    noted = hasattr(torch.nn.functional, name) or name in operators()
    return noted and relative_of(name, FAMILIES[family])


def test_every_optimiser_is_in_the_family() -> None:
    found = {name for name, value in held("torch.optim") if isinstance(value, type)}
    assert "Adam" in found
    assert found - FAMILIES["optim"] == set()


def test_what_torch_tests_is_elementary_in_a_family_or_shown() -> None:
    """Each function that torch's own tests know, run on their inputs."""
    from torch.testing._internal.common_methods_invocations import op_db

    tried, quiet = 0, set()
    for op in op_db:
        ran = operators_of(op)
        name = op.name.rpartition(".")[2]
        tried += bool(ran)
        if all(map(elementary, ran)) and name not in IN_A_FAMILY | MADE_OF_ELEMENTARY and not known_elementary(op):
            quiet.add(op.name)
    assert tried > 600
    assert {name for name in quiet if not name.startswith(("jiterator", "torch.ops."))} == set()


def known_elementary(op: Any) -> bool:
    return elementary(op.name.rpartition(".")[2]) or elementary(op.name.replace(".", "_"))


def operators_of(op: Any) -> set[str]:
    """The names that the guard notes when torch's first three inputs for a function are run; none where it cannot."""
    seen: set[str] = set()
    dtype = torch.float32 if torch.float32 in op.dtypes else next(iter(op.dtypes), torch.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for sample, _ in zip(op.sample_inputs("cpu", dtype), range(3), strict=False):
                with watching(seen):
                    op(sample.input, *sample.args, **sample.kwargs)
        except (AssertionError, NotImplementedError, RuntimeError):  # for a graphics card
            return set()
    return seen


def test_the_watch_is_not_blind() -> None:
    """What is shown in the test above is seen: a loss made of elementary operators by its own name."""
    seen: set[str] = set()
    with watching(seen):
        torch.nn.functional.margin_ranking_loss(torch.ones(3), torch.zeros(3), torch.ones(3))
    assert "margin_ranking_loss" in seen
    assert not elementary("margin_ranking_loss")

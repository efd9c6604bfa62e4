"""Which calls are one and the same task: banning a name bans its relatives.

Used on both sides: by the syntax-tree check in the grader and by the guard in the child. Names are the last part of
a dotted path, so that "softmax" means torch.softmax, F.softmax, Tensor.softmax, nn.Softmax and scipy.special.softmax.
"""

from collections.abc import Iterable


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


AUTOGRAD = frozenset({"autograd"})

FAMILIES: dict[str, frozenset[str]] = {
    "softmax": words(
        """
            softmax log_softmax softmin Softmax LogSoftmax Softmin Softmax2d gumbel_softmax logsumexp
            logcumsumexp logaddexp cross_entropy CrossEntropyLoss cross_entropy_loss
            scaled_dot_product_attention safe_softmax _softmax _log_softmax _softmax_backward_data
            multinomial_loss AdaptiveLogSoftmaxWithLoss
            """
    ),
    "cross_entropy": words(
        """
            cross_entropy CrossEntropyLoss cross_entropy_loss nll_loss NLLLoss nll_loss_forward nll_loss_nd
            log_loss binary_cross_entropy BCELoss BCEWithLogitsLoss
            binary_cross_entropy_with_logits
            """
    ),
    "sigmoid": words("sigmoid sigmoid_ Sigmoid expit log_expit logsigmoid LogSigmoid log_sigmoid_forward"),
    "autograd": words(
        """
            autograd backward grad vjp jvp jacobian hessian jacrev jacfwd vhp hvp run_backward
            _execution_engine _engine_run_backward value_and_grad grad_and_value func functorch forward_ad
            """
    ),
    "conv2d": words(
        """
            conv2d Conv2d convolution _convolution conv1d Conv1d conv3d Conv3d conv_transpose2d
            ConvTranspose2d correlate correlate2d convolve convolve2d fftconvolve
            mkldnn_convolution thnn_conv2d slow_conv2d_forward convolution_overrideable
            """
    ),
}


def relatives(names: Iterable[str]) -> frozenset[str]:
    """Every name that is banned with `names`; a dotted name counts by its last part."""
    last = {name.rpartition(".")[2] for name in names}
    return frozenset(last).union(*(FAMILIES.get(name, frozenset()) for name in last))

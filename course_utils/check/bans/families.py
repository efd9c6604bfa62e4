"""Every list of names that the bans go by, in one format: words of a text.

Used on all sides: by the syntax-tree check and the guard, in a notebook and in the grader, and by the judging of
operators there.
Names are the last part of a dotted path, so that "softmax" means torch.softmax, F.softmax, Tensor.softmax and
scipy.special.softmax. None of this is secret.
"""

import functools
from collections.abc import Iterable


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


AUTOGRAD = words("autograd")
# What torch.autograd has that gives no gradient.
HARMLESS_OF_AUTOGRAD = words(
    "no_grad enable_grad set_grad_enabled inference_mode grad_mode Variable detect_anomaly set_detect_anomaly"
)

# Banning a name bans its relatives: they do one and the same task.
FAMILIES: dict[str, frozenset[str]] = {
    "softmax": words(
        """
        softmax log_softmax softmin Softmax LogSoftmax Softmin Softmax2d gumbel_softmax logsumexp logcumsumexp
        logaddexp cross_entropy CrossEntropyLoss cross_entropy_loss scaled_dot_product_attention
        _softmax _log_softmax _softmax_backward_data AdaptiveLogSoftmaxWithLoss distributions SoftmaxTransform
        linear_cross_entropy LinearCrossEntropyLoss MultiheadAttention multi_head_attention_forward
        """
    ),
    "cross_entropy": words(
        """
        cross_entropy CrossEntropyLoss cross_entropy_loss nll_loss NLLLoss nll_loss_forward nll_loss_nd log_loss
        binary_cross_entropy BCELoss BCEWithLogitsLoss binary_cross_entropy_with_logits distributions
        nll_loss2d NLLLoss2d linear_cross_entropy LinearCrossEntropyLoss AdaptiveLogSoftmaxWithLoss
        """
    ),
    "sigmoid": words(
        "sigmoid sigmoid_ Sigmoid expit log_expit logsigmoid LogSigmoid log_sigmoid_forward SigmoidTransform"
    ),
    "softplus": words("softplus Softplus SoftplusTransform"),
    "elu": words("elu ELU elu_ celu CELU celu_ selu SELU selu_"),
    "autograd": words(
        """
        autograd backward grad vjp jvp jacobian hessian jacrev jacfwd vhp hvp run_backward linearize
        _execution_engine _engine_run_backward value_and_grad grad_and_value func functorch forward_ad dual_level
        make_dual _make_dual grad_fn
        """
    ),
    "optim": words(
        """
        optim Optimizer SGD Adam AdamW Adamax NAdam RAdam Adagrad Adadelta Adafactor SparseAdam RMSprop Rprop ASGD
        LBFGS Muon
        """
    ),
    "conv2d": words(
        """
        conv2d Conv2d convolution _convolution conv1d Conv1d conv3d Conv3d conv_transpose2d ConvTranspose2d
        correlate correlate2d convolve convolve2d fftconvolve mkldnn_convolution thnn_conv2d
        convolution_overrideable conv_transpose1d ConvTranspose1d conv_transpose3d ConvTranspose3d conv_tbc
        LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        """
    ),
    "conv_transpose2d": words(
        """
        conv_transpose2d ConvTranspose2d slow_conv_transpose2d convolution _convolution conv_transpose1d
        ConvTranspose1d conv_transpose3d ConvTranspose3d LazyConvTranspose1d LazyConvTranspose2d LazyConvTranspose3d
        """
    ),
    "unfold": words("unfold Unfold im2col"),
    "fold": words("fold Fold col2im"),
    "max_pool2d": words(
        """
        max_pool2d MaxPool2d max_pool2d_with_indices max_pool1d MaxPool1d max_pool3d MaxPool3d adaptive_max_pool2d
        AdaptiveMaxPool2d fractional_max_pool2d FractionalMaxPool2d max_unpool2d MaxUnpool2d adaptive_max_pool1d
        AdaptiveMaxPool1d adaptive_max_pool3d AdaptiveMaxPool3d fractional_max_pool3d FractionalMaxPool3d
        max_unpool1d MaxUnpool1d max_unpool3d MaxUnpool3d
        """
    ),
    "batch_norm": words(
        """
        batch_norm BatchNorm1d BatchNorm2d BatchNorm3d native_batch_norm instance_norm InstanceNorm1d
        InstanceNorm2d InstanceNorm3d group_norm GroupNorm native_group_norm layer_norm LayerNorm native_layer_norm
        rms_norm RMSNorm SyncBatchNorm LazyBatchNorm1d LazyBatchNorm2d LazyBatchNorm3d LazyInstanceNorm1d
        LazyInstanceNorm2d LazyInstanceNorm3d
        """
    ),
    "dropout": words(
        """
        dropout dropout_ Dropout native_dropout alpha_dropout alpha_dropout_ AlphaDropout feature_dropout
        feature_dropout_ feature_alpha_dropout feature_alpha_dropout_ FeatureAlphaDropout dropout1d Dropout1d
        dropout2d Dropout2d dropout3d Dropout3d
        """
    ),
    "lerp": words("lerp lerp_"),
    "kaiming_normal_": words("kaiming_normal_ kaiming_uniform_ kaiming_normal kaiming_uniform"),
    "xavier_normal_": words("xavier_normal_ xavier_uniform_ xavier_normal xavier_uniform"),
    "clip_grad_norm_": words("clip_grad_norm_ clip_grad_norm clip_grads_with_norm_ clip_grad_value_ get_total_norm"),
    "inv": words("inv inverse inv_ex pinv pinverse"),
    "det": words("det slogdet logdet"),
    "solve": words("solve solve_ex lu_solve cholesky_solve ldl_solve tensorsolve lstsq"),
    "RNN": words("RNN RNNCell"),
    "GRU": words("GRU GRUCell"),
    "LSTM": words("LSTM LSTMCell"),
    "KFold": words("KFold LeaveOneOut ShuffleSplit StratifiedKFold RepeatedKFold"),
}

# Operators whose names hold a banned one as a word and that do another task: banned by their own names alone.
ANOTHER_TASK = words("solve_triangular linalg_solve_triangular triangular_solve")

# Operators of which every honest answer is made, by their name without outer underscores. An operator that is neither
# among them nor in the instructor's own run is shown to a person, where a call is banned.
ELEMENTARY = words(
    """
    add sub rsub mul div neg pow square sqrt rsqrt reciprocal exp exp2 expm1 log log2 log10 log1p abs sign sgn
    floor ceil round trunc frac fmod remainder floor_divide addcmul addcdiv sin cos tan asin acos atan atan2 sinh
    cosh tanh sigmoid acosh asinh atanh erf erfc hypot xlogy logit ldexp float_power gcd lcm logaddexp logaddexp2
    maximum minimum fmax fmin clamp clamp_min clamp_max clip relu relu6 leaky_relu threshold hardtanh heaviside
    lerp nan_to_num copysign signbit true_divide divide multiply subtract negative absolute positive eq ne lt le
    gt ge equal isclose allclose isnan isinf isfinite isin logical_and logical_or logical_not logical_xor
    bitwise_and bitwise_or bitwise_xor bitwise_not bitwise_left_shift bitwise_right_shift and or xor invert lshift
    rshift where any all is_all_true is_any_true

    sum nansum mean nanmean prod max min amax amin aminmax argmax argmin var std var_mean std_mean var_mean median
    nanmedian mode quantile nanquantile cumsum cumprod cummax cummin cummax_helper cummin_helper logsumexp
    logcumsumexp norm vector_norm linalg_vector_norm dist diff trapezoid count_nonzero histc bincount cov corrcoef

    mm bmm mv dot vdot inner outer ger addmm addmv addr addbmm baddbmm matmul tensordot einsum linear kron cross
    linalg_cross trace tril triu diag diagonal diag_embed diagflat block_diag

    view reshape unsafe_view view_as reshape_alias alias as_strided permute transpose t squeeze unsqueeze expand
    flatten unflatten ravel select slice narrow unbind split split_with_sizes chunk tensor_split unfold movedim
    swapaxes swapdims real imag conj conj_physical resolve_conj resolve_neg view_as_real view_as_complex
    lift_fresh lift detach clone contiguous copy to_copy to type_as is_same_size has_same_storage_numel
    local_scalar_dense item numpy diagonal_scatter select_scatter slice_scatter as_strided_scatter expand_as
    broadcast_to resize set

    cat concat stack hstack vstack dstack pad constant_pad_nd reflection_pad1d reflection_pad2d replication_pad1d
    replication_pad2d roll flip rot90 repeat repeat_interleave tile index index_put index_put_impl unsafe_index
    unsafe_index_put index_select index_add index_copy index_fill gather take take_along_dim put scatter
    scatter_add scatter_reduce index_reduce masked_fill masked_select masked_scatter fill fill_diagonal zero
    nonzero nonzero_numpy argwhere one_hot embedding sort argsort topk kthvalue unique unique2 unique_dim
    unique_consecutive searchsorted bucketize meshgrid cartesian_prod combinations tril_indices triu_indices
    segment_reduce

    empty empty_like empty_strided empty_permuted new_empty new_empty_strided zeros zeros_like new_zeros ones
    ones_like new_ones full full_like new_full arange linspace logspace eye scalar_tensor tensor from_numpy
    complex polar rand rand_like randn randn_like randint randint_like randperm normal uniform random bernoulli
    multinomial exponential binomial poisson geometric log_normal cauchy normalize
    """
)

# Libraries whose paths the syntax tree is searched for.
LIBRARIES = words("torch numpy scipy sklearn jax tensorflow")

# Where the Python functions of a banned name live that never reach one of torch's operators.
PLACES = words(
    """
    torch torch.nn torch.nn.functional torch.nn.init torch.nn.utils torch.special torch.autograd
    torch.autograd.graph torch.autograd.functional torch.autograd.forward_ad torch.func torch.optim torch._C._nn
    torch.Tensor scipy.special scipy.special._logsumexp scipy.signal scipy.ndimage scipy.optimize
    sklearn.utils.extmath sklearn.model_selection numpy numpy.linalg
    """
)

# Where else a name that an author bans is looked up.
LOOKED_UP = words(
    """
    torch.linalg torch.fft torch.distributions torch.utils.data torch.optim.lr_scheduler numpy.random numpy.fft
    numpy.ndarray torchvision.transforms torchvision.models scipy.stats scipy.linalg scipy.fft scipy.spatial.distance
    sklearn.metrics sklearn.linear_model sklearn.preprocessing sklearn.neighbors sklearn.cluster sklearn.ensemble
    sklearn.decomposition sklearn.neural_network sklearn.naive_bayes sklearn.svm sklearn.tree
    """
)

# What an answer may import, or call through `%`, without a person being told.
PLAIN_IMPORTS = words(
    """
    torch numpy math cmath random typing collections dataclasses functools itertools matplotlib time sys os
    pathlib abc enum copy string re statistics warnings __future__ course_utils tqdm IPython pandas json decimal
    fractions numbers heapq contextlib logging pprint textwrap operator csv bisect array datetime calendar glob shutil
    tempfile argparse traceback platform uuid hashlib secrets io zipfile base64 html urllib difflib queue locale
    seaborn plotly ipywidgets PIL torchinfo torchsummary google kaggle_secrets
    """
)
PLAIN_MAGICS = words(
    """
    matplotlib config time timeit prun capture pip conda pwd cd ls who whos pdb debug xmode precision autosave
    pylab html markdown latex javascript svg history pinfo pinfo2 psearch bash sh writefile env set_env lsmagic mkdir
    rmdir cat cp mv rm autoreload tensorboard
    """
)
PLAIN_EXTENSIONS = words("autoreload tensorboard google.colab.data_table")  # what %load_ext may load

# What could hide a banned call from the syntax tree.
DYNAMIC_CALLS = words("exec eval compile __import__ globals locals vars setattr delattr getattr")
DYNAMIC_NAMES = words(
    """
    __dict__ __globals__ __code__ __closure__ __getattribute__ __subclasses__ __mro__ __bases__ __builtins__
    __loader__ __spec__ __wrapped__ f_globals f_locals f_back tb_frame gi_frame _getframe modules attrgetter
    methodcaller import_module reload get_objects get_referrers _C ops library jit _dispatch _python_dispatch
    __torch_dispatch__ __torch_function__ _ops overrides _dispatch_mode _pop_mode_temporarily
    _disable_current_modes no_dispatch compile export guard grading Thread ThreadPoolExecutor start_new_thread
    run_line_magic run_cell_magic run_cell ast_transformers grad_fn next_functions input_transformers_cleanup
    input_transformers_post system popen
    """
)


def relatives(names: Iterable[str]) -> frozenset[str]:
    """Every name that is banned with `names`; a dotted name counts by its last part."""
    last = {name.rpartition(".")[2] for name in names}
    return frozenset(last).union(*(FAMILIES.get(name, frozenset()) for name in last))


@functools.cache
def relative_of(operator: str, banned: frozenset[str]) -> bool:
    """Whether an operator's name holds a banned one as whole words.

    So max_pool2d bans max_pool2d_with_indices and autograd, with its relative backward, tanh_backward; elu not relu,
    and solve not solve_triangular.
    """
    if operator.strip("_") in ANOTHER_TASK:
        return operator.strip("_").removeprefix("linalg_") in banned
    spaced = f"_{operator.strip('_')}_"
    return any(f"_{name.strip('_')}_" in spaced for name in banned)


def elementary(operator: str) -> bool:
    """Whether every honest answer may be made of it; in place, for a list of tensors, or neither."""
    return operator.strip("_").removeprefix("foreach_") in ELEMENTARY

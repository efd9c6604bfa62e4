"""What torch gives under public names and no list of the grader holds, sorted once by hand."""

from course_utils.check.bans.families import words

# Functions and methods that run elementary operators alone: nobody is told when an answer uses them, nobody need be.
MADE_OF_ELEMENTARY = words(
    """
    broadcast_shapes broadcast_tensors sum_to_size fliplr flipud hsplit vsplit dsplit unravel_index reshape_as
    atleast_1d atleast_2d atleast_3d column_stack row_stack msort trapz cumulative_trapezoid gradient isreal
    fftshift ifftshift vecdot exponential matrix_power multi_dot matrix_norm vander ndtr
    __getitem__ __radd__ __rdiv__ __rmul__ __ror__ __rxor__ __rand__ __rsub__ __rmod__ __rpow__ __rmatmul__
    T H mT mH bfloat16 bool byte char double float half int long short cdouble cfloat chalf
    as_tensor asarray from_dlpack frombuffer new new_tensor tolist type
    hamming hann bartlett blackman cosine gaussian kaiser nuttall general_cosine general_hamming
    calculate_gain constant constant_ dirac dirac_ sparse sparse_ trunc_normal_
    parameters_to_vector vector_to_parameters
    """
)

# Functions and methods that run others, which are seen for themselves: operators, functionals, a gradient.
RUNS_OTHERS = words(
    """
    vmap cond while_loop compile fork wait apply_ map_ map2_ functional_call functionalize module_load
    gradcheck gradgradcheck as_sparse_gradcheck lobpcg pca_lowrank svd_lowrank spectral_norm weight_norm
    remove_spectral_norm remove_weight_norm orthogonal orthogonal_ fuse_conv_bn_eval fuse_conv_bn_weights
    fuse_linear_bn_eval fuse_linear_bn_weights lu eig lstsq solve symeig matrix_rank saddmm spmm hsmm dsmm spsolve
    spdiags
    allow_mutation_on_saved_tensors disable_saved_tensors_hooks register_multi_grad_hook register_hook
    register_post_accumulate_grad_hook get_gradient_edge increment_version enter_dual_level exit_dual_level
    unpack_dual kl_divergence reinforce
    """
)

# Functions and methods that compute nothing that an exercise asks for.
NO_TASK = words(
    """
    are_deterministic_algorithms_enabled autocast_decrement_nesting autocast_increment_nesting classproperty
    clear_autocast_cache compiled_with_cxx11_abi get_file_path import_ir_module import_ir_module_from_buffer
    init_num_threads initial_seed is_storage is_tensor is_tensor_like load save manual_seed seed
    merge_type_from_type_comment parse_ir parse_schema parse_type_comment prepare_multiprocessing_environment
    profiler_allow_cudagraph_cupti_lazy_reinit_cuda12 thread_safe_generator to_dlpack typename unify_type_list
    use_deterministic_algorithms factory_kwargs convert_conv2d_weight_memory_format
    convert_conv3d_weight_memory_format skip_init variable kineto_available
    set_override_stale_capture_stream set_warn_on_accumulate_grad_stream_mismatch region_activation_memory_budget
    stack_module_state replace_all_batch_norm_modules_ debug_unwrap rearrange swap_in_optimizer_params_and_state
    as_subclass const_data_ptr cpu cuda xpu ipu mtia dim_order element_size is_shared ndimension nelement
    requires_grad_ share_memory_ storage storage_type untyped_storage to_sparse_coo to_sparse_semi_structured
    bind copy_method_params invert_permutation pack_padded_sequence pack_sequence pad_packed_sequence
    unpack_sequence unpad_sequence biject_to transform_to identity_transform register_kl default_collate
    default_convert get_worker_info random_split argument_validation runtime_validation
    """
)
NO_TASK_BEGINS = ("get_", "set_", "is_", "sym_")  # settings and questions about them, sizes that are symbols

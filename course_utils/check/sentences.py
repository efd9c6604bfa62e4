"""The usual exceptions of Python, NumPy and torch, each with the plain sentence that a student is told."""

# Pairs of a regular expression and a sentence: the first that is found in "RuntimeError: its text", a line break, and
# the student's line is shown. The sentence is a template of the expression's named groups, of {all} of them, and of
# {function}, the student's function; a group d1, d2, ... is a dtype, which C++ and Python name differently.
SENTENCES: tuple[tuple[str, str], ...] = (
    # -- nothing was written, or nothing was returned
    (
        r"^NotImplementedError: \n",
        "{function} is not written yet: replace the two lines under `# YOUR CODE HERE`.",
    ),
    (
        r"NoneType",
        "A value is None here: is a `return` missing in the function that made it? A function that changes its "
        "argument, such as `list.append`, returns None too.",
    ),
    (
        r"torch\.return_types\.(?P<name>max|min)\b",
        "With an axis `{name}` looks along it and gives a pair, the values and their places; `.values` takes the "
        "first. To compare entry by entry, use `clamp` for a number and `torch.{name}imum` for a tensor.",
    ),
    (
        r"torch\.return_types\.(?P<name>\w+)",
        "Along an axis `{name}` gives a pair, the values and their places; `.values` takes the first.",
    ),
    # -- matrix products
    (
        r"mat1 and mat2 shapes cannot be multiplied \((?P<m>\d+)x(?P<k>\d+) and "
        r"(?P<l>\d+)x(?P<n>\d+)\)\n.*[Ll]inear\(",
        "The last size of a linear layer's input must equal the last size of its weight (out, in); here they are "
        "{k} and {l} (input ({m}, {k}), weight ({n}, {l})).",
    ),
    (
        r"mat1 and mat2 shapes cannot be multiplied \((?P<m>\d+)x(?P<k>\d+) and (?P<l>\d+)x(?P<n>\d+)\)",
        "In a matrix product the last size of the left must equal the first size of the right; here they are {k} "
        "and {l} (left ({m}, {k}), right ({l}, {n})).",
    ),
    (
        r"size mismatch, got input \(\d+\), mat \((?P<m>\d+)x(?P<k>\d+)\), vec \((?P<l>\d+)\)",
        "In a product of a matrix and a vector the last size of the matrix must equal the size of the vector; here "
        "they are {k} and {l} (matrix ({m}, {k}), vector ({l},)).",
    ),
    (
        r"inconsistent tensor size, expected tensor \[(?P<a>\d+)\] and src \[(?P<b>\d+)\]",
        "The two vectors of a dot product must have the same size; here they have {a} and {b}.",
    ),
    (
        r"dimensions of batch2 tensor to be: \[(?P<n>\d+), (?P<k>\d+)\] but got: \[(?P<o>\d+), (?P<l>\d+)\]",
        "In a product of batches of matrices the number of matrices and the inner sizes must agree: the left asks "
        "for {n} matrices with {k} rows on the right, which has {o} with {l}.",
    ),
    (
        r"(?:self|mat2) must be a matrix",
        "`mm` takes matrices only, with two sizes each; `@` takes vectors, matrices and batches.",
    ),
    (
        r"batch[12] must be a 3D tensor",
        "`bmm` takes batches of matrices only, with three sizes each; `@` takes vectors, matrices and batches.",
    ),
    (
        r"1D tensors expected, but got (?P<a>\d)D and (?P<b>\d)D",
        "A dot product takes two vectors; here the tensors have {a} and {b} sizes. Use `@` for matrices.",
    ),
    (
        r"arguments to matmul need to be at least 1D, but they are (?P<a>\d)D and (?P<b>\d)D",
        "`@` takes no single numbers; here the two sides have {a} and {b} sizes. Use `*` for a number.",
    ),
    (
        r"matmul: Input operand 1 has a mismatch .*size (?P<l>\d+) is different from (?P<k>\d+)",
        "In a matrix product the last size of the left must equal the first size of the right (the last but one of "
        "a batch); here they are {k} and {l}.",
    ),
    (
        r"matmul: Input operand \d does not have enough dimensions",
        "`@` takes no single numbers: one side has no size at all. Use `*` for a number.",
    ),
    (
        r"shapes (?P<left>\([\d,]*\)) and (?P<right>\([\d,]*\)) not aligned: (?P<k>\d+) .* != (?P<l>\d+)",
        "In a matrix product the last size of the left must equal the first size of the right; here they are {k} "
        "and {l} (left {left}, right {right}).",
    ),
    # -- shapes that are put together
    (
        r"size of tensor a \((?P<a>\d+)\) must match the size of tensor b \((?P<b>\d+)\) .*dimension (?P<axis>\d+)",
        "Two shapes go together when, counted from the last, their sizes are equal or one of them is 1; in "
        "dimension {axis} the first has {a} and the second {b}.",
    ),
    (
        r"operands could not be broadcast together with shapes (?P<shapes>[\d,() ]+)",
        "Two shapes go together when, counted from the last, their sizes are equal or one of them is 1; here they "
        "are {shapes}.",
    ),
    (
        r"could not be broadcast together with remapped shapes.*?: (?P<left>\([\d,]*\))->\S+ (?P<right>\([\d,]*\))->",
        "Sizes under the same letter, or in the same place, must be equal or 1; the shapes are {left} and {right}.",
    ),
    (
        r"could not be broadcast together with remapped.*: (?P<shape>\([\d,]*\)).*requested shape (?P<wanted>\S+)",
        "Only sizes of 1 can be repeated: the shape {shape} cannot become {wanted}.",
    ),
    (
        r"output.* with shape (?P<shape>\S+) doesn't match the broadcast shape (?P<wanted>[\[(].*[\])])",
        "`+=` and its like cannot change a shape: the left has {shape}, the result has {wanted}. Write `x = x + y` "
        "if a new shape is meant.",
    ),
    (
        r"expanded size of the tensor \(.*Target sizes: (?P<wanted>\[.*?\])\. +Tensor sizes: (?P<shape>\[.*?\])",
        "Only sizes of 1 can be repeated: the shape {shape} does not fit into {wanted}.",
    ),
    (
        r"could not broadcast input array from shape (?P<shape>\S+) into shape (?P<wanted>\S+)",
        "The value does not fit into the place that it is assigned to: the value has the shape {shape}, the place "
        "{wanted}.",
    ),
    (
        r"number of sizes provided \((?P<a>\d+)\) must be greater or equal to .* \((?P<b>\d+)\)",
        "`expand` needs a size for each of the tensor's {b} dimensions; here it got {a}.",
    ),
    (
        r"target size \((?:torch.Size\()?(?P<b>\[.*?\])\)?.*input size \((?:torch.Size\()?(?P<a>\[.*?\])",
        "The predictions and the targets of this loss must have the same shape; here they have {a} and {b}.",
    ),
    (
        r"input batch_size \((?P<a>\d+)\) to match target batch_size \((?P<b>\d+)\)",
        "Each example needs one target: here are {a} examples and {b} targets.",
    ),
    (
        r"0D or 1D target tensor expected",
        "The targets of this loss are class numbers in a vector, one for each example; these have more dimensions.",
    ),
    # -- cat, stack, reshape
    (
        r"match except in dimension (?P<axis>\d+)\. Expected size (?P<a>\d+) but got size (?P<b>\d+) .* number "
        r"(?P<i>\d+)",
        "`cat` along dimension {axis} needs tensors that agree in every other size; number 0 has {a} where number "
        "{i} has {b} (counted from 0).",
    ),
    (
        r"except for the concatenation axis must match exactly, but along dimension (?P<axis>\d+), .* index "
        r"(?P<i>\d+) has size (?P<a>\d+) .* index (?P<j>\d+) has size (?P<b>\d+)",
        "Arrays that are joined must agree in every size but that of the joining; along dimension {axis} number {i} "
        "has {a} and number {j} has {b} (counted from 0).",
    ),
    (
        r"same number of dimensions(?:: got |.* has )(?P<a>\d+)(?: and | dimension.* has )(?P<b>\d+)",
        "What is joined must have the same number of dimensions; here they have {a} and {b}.",
    ),
    (
        r"stack expects each tensor to be equal size, but got (?P<a>\[.*?\]) at entry (?P<i>\d+) and (?P<b>\[.*?\]) "
        r"at entry (?P<j>\d+)",
        "`stack` needs tensors of one shape; number {i} has {a} and number {j} has {b} (counted from 0).",
    ),
    (
        r"all input arrays must have the same shape",
        "`stack` needs arrays of one shape; these have several.",
    ),
    (
        r"expected a non-empty list of Tensors|non-empty TensorList|need at least one array to",
        "There is nothing to join: the list is empty.",
    ),
    (
        r"(?P<name>\w+)\(\): argument 'tensors' \(position 1\) must be tuple of Tensors, not Tensor",
        "`{name}` takes a list of tensors, `{name}([a, b])`; here it got one tensor.",
    ),
    (
        r"shape '(?P<shape>\[.*?\])' is invalid for input of size (?P<n>\d+)",
        "Another shape must hold as many entries as the tensor has, {n}; {shape} does not.",
    ),
    (
        r"cannot reshape array of size (?P<n>\d+) into shape (?P<shape>\([\d,-]*\))",
        "Another shape must hold as many entries as the array has, {n}; {shape} does not.",
    ),
    (
        r"view size is not compatible with input tensor's size and stride",
        "`view` needs entries that lie in order in memory, as they no longer do after a transpose; use `reshape`.",
    ),
    (
        r"permute.*input\.dim\(\) = (?P<a>\d+) is not equal to len\(dims\) = (?P<b>\d+)",
        "`permute` needs each dimension once: the tensor has {a}, and {b} are named.",
    ),
    (
        r"axes don't match array",
        "`transpose` needs each dimension of the array once; another number is named here.",
    ),
    (
        r"duplicate dims are not allowed|repeated axis in transpose",
        "A dimension is named twice; each may be named once.",
    ),
    # -- indices
    (
        r"index (?P<i>-?\d+) is out of bounds for (?:dimension|axis) (?P<axis>\d+) with size (?P<n>\d+)",
        "The index {i} does not exist in dimension {axis}, whose size is {n}: counting starts at 0 and ends at one "
        "less than the size.",
    ),
    (
        r"index out of range in self",
        "An index is larger than the table: the numbers must lie between 0 and the number of rows minus 1.",
    ),
    (
        r"Target (?P<i>-?\d+) is out of bounds",
        "The class number {i} does not exist: there is one class for each column of the predictions, counted from 0.",
    ),
    (
        r"too many indices for tensor of dimension (?P<n>\d+)",
        "There are more indices than dimensions: the tensor has {n}.",
    ),
    (
        r"too many indices for array: array is (?P<n>\d+)-dimensional, but (?P<k>\d+) were indexed",
        "There are more indices than dimensions: the array has {n}, and {k} indices are given.",
    ),
    (
        r"invalid index of a 0-dim tensor|invalid index to scalar variable|iteration over a 0-d|len\(\) of (?:a "
        r"0-d|unsized)",
        "This is a single number without dimensions: it has no entries to index, count or loop over.",
    ),
    (
        r"(?:Dimension out of range .*range of \[(?P<low>-?\d+), (?P<high>\d+)\], but got (?P<axis>-?\d+))",
        "There is no dimension {axis}: those of this tensor are numbered from 0 to {high}, or from {low} to -1.",
    ),
    (
        r"axis (?P<axis>-?\d+) is out of bounds for array of dimension (?P<n>\d+)",
        "There is no axis {axis}: the array has {n} dimensions, counted from 0.",
    ),
    (
        r"indexing (?:tensors|arrays) could not be broadcast together with shapes (?P<shapes>[\d,()\[\] ]+)",
        "Index tensors that are used together must have the same shape; here they have {shapes}.",
    ),
    (
        r"shape of the mask (?P<a>\[.*?\]) .* does not match the shape of the indexed tensor (?P<b>\[.*?\])",
        "A mask must have the shape of what it picks from; the mask has {a}, the tensor {b}.",
    ),
    (
        r"boolean index did not match .* size of axis is (?P<b>\d+) but size of corresponding boolean axis is "
        r"(?P<a>\d+)",
        "A mask must have the shape of what it picks from; the mask has {a} entries where the array has {b}.",
    ),
    (
        r"used as indices must be|are valid indices|argument #1 'indices' to have one of the following scalar types",
        "An index must be a whole number, a slice, or a tensor of integers or bools; `/` gives a float, `//` a "
        "whole number, `.long()` an integer tensor.",
    ),
    (
        r"only (?:integer tensors of a single element|integer scalar arrays) can be converted to a",
        "A single whole number is needed here and a tensor or array stands there; `.item()` takes the number out of "
        "one that has one entry, and a list is not indexed or multiplied by a tensor.",
    ),
    (
        r"Index tensor must have the same number of dimensions as (?:self|input) tensor",
        "`gather` and `scatter` need an index with as many dimensions as the tensor; `index[:, None]` adds one.",
    ),
    (
        r"Expected dtype int32(?:/| or )int64 for index",
        "The index holds floats; `gather`, `scatter` and `index_select` need integers: use `index.long()`.",
    ),
    (
        r"one_hot is only applicable to index tensor of type LongTensor",
        "`one_hot` takes class numbers of dtype int64: use `labels.long()`.",
    ),
    (
        r"Class values must be smaller than num_classes",
        "A class number is too large for `one_hot`: each must be at most `num_classes` - 1.",
    ),
    (
        r"Class values must be non-negative",
        "A class number is negative: `one_hot` counts the classes from 0.",
    ),
    # -- einsum
    (
        r"einsum\(\): subscript (?P<letter>\w) has size (?P<a>\d+) for operand (?P<i>\d+) .* seen size (?P<b>\d+)",
        "The letter {letter} of the einsum stands for two sizes: {b}, and {a} in operand {i} (counted from 0).",
    ),
    (
        r"einsum\(\): the number of subscripts .* \((?P<a>\d+)\) .* dimensions \((?P<b>\d+)\) for operand (?P<i>\d+)",
        "The einsum names {a} letters for operand {i} (counted from 0), which has {b} dimensions; each needs one "
        "letter.",
    ),
    (
        r"einsum\(\): subscript (?P<letter>\w) is repeated for operand (?P<i>\d+) .*match, (?P<a>\d+) != (?P<b>\d+)",
        "The letter {letter} stands twice in operand {i} (counted from 0) of the einsum, for the sizes {a} and {b}.",
    ),
    (
        r"einsum\(\): (?P<count>fewer|more) operands|(?P<more>more) operands provided to einstein",
        "The number of tensors given to the einsum is not the number of comma-separated groups of letters.",
    ),
    (
        r"(?:einsum|einstein sum).*output subscript '?(?P<letter>\w)",
        "The letter {letter} stands on the right of the einsum's arrow, but in none of its inputs.",
    ),
    (
        r"einstein sum.* too many subscripts for operand (?P<i>\d+)",
        "The einsum names more letters for operand {i} (counted from 0) than it has dimensions; each needs one "
        "letter.",
    ),
    (
        r"more dimensions than subscripts given in einstein sum",
        "The einsum names fewer letters than the array has dimensions; each needs one letter.",
    ),
    # -- gradients
    (
        r"leaf Variable that requires grad is being used in an in-place operation",
        "A parameter that requires grad cannot be changed in place while gradients are recorded: do it inside `with "
        "torch.no_grad():`.",
    ),
    (
        r"modified by an inplace operation: \[\S+ (?P<shape>\[.*?\])\]",
        "A tensor of shape {shape} that backward still needs was changed in place (by `+=`, `x[...] = ` or a name "
        "that ends in _): make a new tensor instead, `y = y + 1`.",
    ),
    (
        r"element 0 of tensors does not require grad",
        "backward() finds no parameter: nothing in this value requires grad. Is `requires_grad=True` missing, or "
        "was it cut off by `detach`, `item`, `no_grad` or a new `torch.tensor(...)`?",
    ),
    (
        r"One of the differentiated Tensors does not require grad",
        "`grad` is asked for a tensor that does not require grad: is `requires_grad=True` missing?",
    ),
    (
        r"appears to not have been used in the graph",
        "`grad` is asked for a tensor that the value does not depend on.",
    ),
    (
        r"grad can be implicitly created only for scalar outputs",
        "backward() starts from a single number: take a `.sum()` or `.mean()` first.",
    ),
    (
        r"backward through the graph a second time",
        "backward() went through this graph before, and its values are freed: compute the loss anew before each "
        "backward(), or `detach` what is kept from one step to the next.",
    ),
    (
        r"Can't call numpy\(\) on Tensor that requires grad",
        "A tensor that requires grad cannot become a NumPy array: use `.detach().numpy()`.",
    ),
    (
        r"[Oo]nly Tensors of floating point .*can require gradients",
        "Only floats can have gradients, and this tensor holds integers: use `.float()`, or write 1.0 for 1.",
    ),
    # -- dtypes
    (
        r"expected m1 and m2 to have the same dtype, but got: (?P<d1>[\w ]+) != (?P<d2>[\w ]+)",
        "The two sides of a matrix product must have the same dtype; here they are {all}. Convert one with `.to`.",
    ),
    (
        r"addmv input tensors must have the same dtype, but got \w+, (?P<d1>\w+), and (?P<d2>\w+)",
        "The two sides of a matrix product must have the same dtype; here they are {all}. Convert one with `.to`.",
    ),
    (
        r"must have the same dtype, but got (?P<d1>\w+) and (?P<d2>\w+)|have same dtype, but found (?P<d3>\w+) and "
        r"(?P<d4>\w+)|Input type \((?P<d5>[\w ]+)\) and \w+ type \((?P<d6>[\w ]+)\) should be the same|self "
        r"\((?P<d7>\w+)\) and source \((?P<d8>\w+)\) must have the same scalar type|dtypes match, got (?P<d9>\w+) "
        r"for the destination and (?P<d10>\w+) for",
        "The tensors must have the same dtype; here they are {all}. Convert one with `.to`.",
    ),
    (
        r"expected scalar type (?P<d1>\w+) but found (?P<d2>\w+)|Found dtype (?P<d3>\w+) but expected (?P<d4>\w+)",
        "The tensors of this operation must have the same dtype; here they are {all}. Convert one with `.to`.",
    ),
    (
        r"Expected self\.dtype to be equal to src\.dtype",
        "The values that are scattered must have the dtype of the tensor that they go into. Convert them with `.to`.",
    ),
    (
        r"expected target dtype to be Long or Byte, but got (?P<d1>\w+)",
        "The targets of this loss are class numbers of dtype int64, and these are {d1}: use `targets.long()`.",
    ),
    (
        r"result type (?P<d1>\w+) can't be cast to the desired output type (?P<d2>\w+)",
        "The result is {d1} and cannot be kept in place in a tensor of {d2}: write `x = x / 2` instead of `x /= 2`, "
        "or start with floats.",
    ),
    (
        r"Cannot cast ufunc '\w+' output from dtype\('(?P<d1>\w+)'\) to dtype\('(?P<d2>\w+)'\)",
        "The result is {d1} and cannot be kept in place in an array of {d2}: write `x = x / 2` instead of `x /= 2`, "
        "or start with floats.",
    ),
    (
        r"\"\w+\" not implemented for 'Complex",
        "Complex numbers have no order, so that this operation does not exist for them. `eigvals` gives complex "
        "numbers; for a symmetric matrix `eigvalsh` gives real ones.",
    ),
    (
        r"could not infer output dtype.*Got: (?P<d1>\w+)|\"\w+\" not implemented for '(?P<d2>\w+)'",
        "This operation needs floats, and the tensor is {all}: use `.float()` first.",
    ),
    (
        r"ufunc '(?P<name>\w+)' did not contain a loop with signature matching types",
        "NumPy cannot compute `{name}` of these types: is there text, or a list of several lengths, among the "
        "numbers?",
    ),
    # -- convolutions
    (
        r"weight of size (?P<w>\[.*?\]), expected input(?P<x>\[.*?\]) to have (?P<a>\d+) channels, but got "
        r"(?P<b>\d+)",
        "The kernels expect {a} channels and the input has {b} (weight {w}, input {x}).",
    ),
    (
        r"input size per channel: \((?P<x>[\dx ]+)\)\. Kernel size: \((?P<w>[\dx ]+)\)",
        "The kernel ({w}) is larger than the padded input ({x}).",
    ),
    (
        r"Expected (?P<dims>\dD .*) input to (?P<name>\w+), but got input of size: (?P<shape>\[.*?\])",
        "`{name}` takes an input with {dims} dimensions, batch and channels first; here the shape is {shape}.",
    ),
    # -- one number or many
    (
        r"Boolean value of Tensor with (?:more|no)|truth value of an (?:array|empty array)",
        "`if`, `and`, `or` and `not` need one True or False, and here is a whole tensor or array: use `.any()`, "
        "`.all()`, or `&`, `|`, `~` and `torch.where` entry by entry; `is not None` asks whether there is one.",
    ),
    (
        r"a Tensor with (?P<n>\d+) elements cannot be converted to Scalar",
        "Only a tensor of one entry can become a number; this one has {n}. Is a `.sum()`, a `.mean()` or an index "
        "missing?",
    ),
    (
        r"only one element tensors can be|only 0-dimensional arrays can be|only (?:length|size)-1 arrays can "
        r"be|array of size 1 to a",
        "Only one entry can become a Python number, and here are several: is a `.sum()`, a `.mean()` or an index "
        "missing, or `torch.sqrt` where `math.sqrt` stands, or `torch.stack` where `torch.tensor` stands?",
    ),
    (
        r"inhomogeneous|expected sequence of length (?P<a>\d+) at dim|setting an array element with a sequence",
        "The rows have several lengths, or a list stands where one number belongs; an array needs rows of one "
        "length.",
    ),
    # -- arguments
    (
        r"'(?:float|numpy.float64)' object cannot be interpreted as an integer|slice indices must be "
        r"integers|indices must be integers or slices, not float|must be tuple of ints, ?(?:not|but got) "
        r"float|sequence of integers or a single integer|(?:reshape|permute)\(\) takes 1 positional "
        r"argument|view\(\) .*got \([^)]*float",
        "A whole number is needed here and a float stands there: `/` always gives a float, `//` a whole number.",
    ),
    (
        r"(?P<name>\w+)\(\): argument '(?P<argument>\w+)'.* must be Tensor, not (?P<kind>\w+)",
        "`{name}` takes a tensor as `{argument}`, not {kind}: make one with `torch.tensor(...)`.",
    ),
    (
        r"(?P<name>\w+)\(\): argument '(?P<argument>\w+)'.* must be (?P<wanted>.+), not (?P<kind>\w+)",
        "`{name}` takes {wanted} as `{argument}`, not {kind}.",
    ),
    (
        r"(?P<name>\w+)\(\) received an invalid combination of arguments - got \((?P<got>.*?),? ?\), but",
        "`{name}` cannot be called with ({got}): check the number, the order, the names and the types of its "
        "arguments.",
    ),
    (
        r"Cannot interpret '.*' as a data type",
        "The second argument is taken for a dtype: a shape goes in parentheses of its own, `np.zeros((2, 3))`.",
    ),
    (
        r"(?P<name>[\w.]+)\(\) missing \d+ required .*arguments?: 'self'",
        "`{name}` is called on the class: make an object first, `ClassName(...)`, and call it on that.",
    ),
    (
        r"(?P<name>\w+)>?\(\) missing \d+ required .*arguments?: (?P<missing>.*)",
        "The call of `{name}` leaves out {missing}.",
    ),
    (
        r"\w+\.(?P<name>\w+)\(\) takes .* but (?P<given>\d+) (?:was|were) given",
        "The object itself is the first of these {given} arguments: is `self` missing in `def {name}(self, ...)`, "
        "or is there an argument too many?",
    ),
    (
        r"(?P<name>\w+)>?\(\) takes (?P<wanted>.*) positional arguments? but (?P<given>\d+) (?:was|were) given",
        "`{name}` is called with {given} arguments and takes {wanted}.",
    ),
    (
        r"(?P<name>\w+)>?\(\) got an unexpected keyword argument '(?P<argument>\w+)'",
        "`{name}` has no argument named `{argument}`: look at the names in its `def` line or its help.",
    ),
    (
        r"(?P<name>\w+)>?\(\) got multiple values for argument '(?P<argument>\w+)'",
        "The call of `{name}` gives `{argument}` twice, by its place and by its name.",
    ),
    (
        r"'(?P<kind>[\w.]+)' object is not callable",
        "Parentheses after a value of type {kind} call it as a function: is a `*` missing before them, is it a "
        "property such as `shape`, or does a variable have a function's name?",
    ),
    # -- lists, tuples, dicts
    (
        r"can't multiply sequence by non-int of type '(?P<kind>\w+)'",
        "A list cannot be multiplied by {kind}: make an array or a tensor of it first, or multiply the items one by "
        "one.",
    ),
    (
        r"unsupported operand type\(s\) for .*'(?:builtin_)?(?:function|method)",
        "A function is used as a number: call it, `f(x)`.",
    ),
    (
        r"unsupported operand type\(s\) for @: (?:'\w+' and )?'(?:float|int)'",
        "`@` multiplies matrices and vectors; a number is multiplied with `*`.",
    ),
    (
        r"unsupported operand type\(s\) for (?P<sign>\S+).*: '(?P<a>[\w.]+)' and '(?P<b>[\w.]+)'",
        "Python does not know {sign} between {a} and {b}: a list is not computed with entry by entry, and text is "
        "no number. Make a tensor of it first.",
    ),
    (
        r"'(?P<sign>[<>=]+)' not supported between instances of '(?P<a>[\w.]+)' and '(?P<b>[\w.]+)'",
        "Python does not know {sign} between {a} and {b}: compare numbers, one by one or in a tensor.",
    ),
    (
        r"bad operand type for (?P<sign>.*): '(?P<kind>\w+)'",
        "Python does not know {sign} of a {kind}: make an array or a tensor of it first.",
    ),
    (
        r"can only concatenate (?P<a>\w+) \(not \"(?P<b>\w+)\"\)",
        "`+` joins a {a} only with another {a}, not with {b}; to add numbers, make an array or a tensor of the list.",
    ),
    (
        r"(?P<kind>list|tuple|string)(?: assignment)? index out of range",
        "The {kind} has no item at this index: counting starts at 0 and ends at its length minus 1.",
    ),
    (
        r"list indices must be integers or slices, not (?P<kind>\w+)",
        "A list takes one whole number or slice as its index, not {kind}; `x[i, j]` works for tensors and arrays, "
        "`x[i][j]` for lists.",
    ),
    (
        r"not enough values to unpack \(expected (?P<wanted>.*), got (?P<n>\d+)\)",
        "There are more names on the left than values on the right: {wanted} and {n}.",
    ),
    (
        r"too many values to unpack \(expected (?P<n>\d+)",
        "There are more values on the right than the {n} names on the left.",
    ),
    (
        r"cannot unpack non-iterable (?P<kind>\w+) object",
        "Several names stand on the left and a single {kind} on the right: does the function return fewer values?",
    ),
    (
        r"'(?:builtin_function_or_method|function|method|type)' object is not subscriptable",
        "A function is called with `()`; `[]` takes an item of a list, an array or a tensor.",
    ),
    (
        r"'(?P<kind>[\w.]+)' object is not (?:iterable|subscriptable)|object of type '(?P<other>\w+)' has no len",
        "A value of type {all} has no items: it cannot be looped over, indexed or counted. To count to n, "
        "use `range(n)`.",
    ),
    (
        r"'(?P<kind>\w+)' object does not support item assignment",
        "A {kind} cannot be changed item by item: make a new one, or use a list.",
    ),
    (r"unhashable type: '(?P<kind>\w+)'", "A {kind} cannot be a key of a dict or a member of a set: use a tuple."),
    (r"^KeyError: (?P<key>.+)", "The dict has no key {key}."),
    (
        r"arg is an empty sequence|(?:of|from)(?: an)? empty (?:sequence|list)|zero-size array|== 0\. Specify the "
        r"reduction",
        "There is nothing here to choose from: it is empty.",
    ),
    # -- numbers
    (r"^ZeroDivisionError: ", "The divisor is 0 here: which input makes it so?"),
    (
        r"math domain error|expected a (?:positive|nonnegative) input",
        "The function is not defined for this number: a logarithm needs a positive one, a square root none below 0.",
    ),
    (
        r"math range error|Numerical result out of range|cannot convert float infinity",
        "The number is too large for a float: does an exponential grow without limit?",
    ),
    (r"cannot convert float NaN to integer", "The number is NaN: an earlier step made 0/0 or the like."),
    (
        r"Singular matrix|input matrix is singular",
        "The matrix has no inverse: its rows are not independent of each other.",
    ),
    (
        r"must be square|batches of square matrices",
        "This operation needs a square matrix, with as many rows as columns.",
    ),
    # -- names and the shape of a program
    (
        r"^UnboundLocalError: .*'(?P<name>\w+)'",
        "`{name}` is assigned to somewhere in this function and therefore its own; here it is used before it has a "
        "value.",
    ),
    (
        r"cannot access free variable '(?P<name>\w+)'",
        "`{name}` is used here before the function around it has given it a value.",
    ),
    (
        r"^RecursionError: ",
        "{function} calls itself without end: is the case missing in which it returns at once, or is it never "
        "reached?",
    ),
    (
        r"before Module\.__init__\(\) call|not have super\(\)\.__init__",
        "`super().__init__()` must come first in `__init__`.",
    ),
    (
        r"missing the required \"forward\" function",
        "The module has no `forward`: is it spelled so and indented inside the class?",
    ),
    (
        r"'Tensor' object has no attribute 'astype'",
        "A tensor changes its dtype with `.to(torch.float32)`, `.float()` or `.long()`; `astype` is NumPy's.",
    ),
    (r"^AssertionError: \n", "The condition of this `assert` does not hold."),
)

"""Planted wrong answers to the exercises of chapter 7, each with the hint that it must get."""

import torch.nn.functional as F
from torch import Tensor, nn

from course_tools.grading.slips import change, equivalent, slip

# -- separable_cost -------------------------------------------------------------------------------------------

change(
    "separable_cost",
    "The biases are forgotten, all of them.",
    "k * k * c_in + c_in + c_in * c_out + c_out",
    "k * k * c_in + c_in * c_out",
)
change(
    "separable_cost",
    "The biases of the depthwise convolution are missing: it has one for each of its feature maps.",
    "k * k * c_in + c_in + ",
    "k * k * c_in + ",
)
change(
    "separable_cost",
    "The biases of the 1×1 convolution are missing: it has one for each of its feature maps.",
    " + c_out, ",
    ", ",
)
change(
    "separable_cost",
    "The depthwise convolution has a bias for each of its own output channels, of which there are as many as input channels.",
    "k * k * c_in + c_in + ",
    "k * k * c_in + c_out + ",
)
change(
    "separable_cost",
    "The 1×1 convolution has a bias for each of its output channels, not for each input channel.",
    " + c_out, ",
    " + c_in, ",
)
change(
    "separable_cost",
    "The depthwise convolution has one bias here; it has one for each channel.",
    "k * k * c_in + c_in + ",
    "k * k * c_in + 1 + ",
)
change(
    "separable_cost",
    "Each of the two convolutions has one bias here; there is one for each output channel.",
    "k * k * c_in + c_in + c_in * c_out + c_out",
    "k * k * c_in + 1 + c_in * c_out + 1",
)
change(
    "separable_cost",
    "The 1×1 convolution has one bias here; it has one for each output channel.",
    " + c_out, ",
    " + 1, ",
)
change(
    "separable_cost",
    "The ratio is upside down; a factorised layer is the smaller one.",
    "1 / c_out + 1 / k**2",
    "1 / (1 / c_out + 1 / k**2)",
)
change(
    "separable_cost",
    "The ratio should compare the weights alone, without biases.",
    "1 / c_out + 1 / k**2",
    "(k * k * c_in + c_in + c_in * c_out + c_out) / (k * k * c_in * c_out + c_out)",
)
change(
    "separable_cost",
    "The ratio compares parameters with biases to weights without; both counts are without biases.",
    "1 / c_out + 1 / k**2",
    "(k * k * c_in + c_in + c_in * c_out + c_out) / (k * k * c_in * c_out)",
)
change(
    "separable_cost",
    "The count is that of an ordinary convolution, in which each kernel reaches through all input channels.",
    "k * k * c_in + c_in + c_in * c_out + c_out",
    "k * k * c_in * c_out + c_out",
)
change(
    "separable_cost",
    "The depthwise kernels are counted as if each reached through all input channels; each sees one.",
    "k * k * c_in + c_in + ",
    "k * k * c_in * c_in + c_in + ",
)
change(
    "separable_cost",
    "The depthwise convolution has a kernel for each input channel, not for each output channel.",
    "k * k * c_in + c_in + ",
    "k * k * c_out + c_out + ",
)
change(
    "separable_cost",
    "The weights of the depthwise convolution are counted for the output channels; it has a kernel for each input channel.",
    "k * k * c_in + ",
    "k * k * c_out + ",
)
change(
    "separable_cost",
    "All channels share one k×k kernel here; the depthwise convolution has one for each input channel.",
    "k * k * c_in + ",
    "k * k + ",
)
change(
    "separable_cost",
    "A k×k kernel has k² weights, and here it is counted with k.",
    "k * k * c_in",
    "k * c_in",
)
change(
    "separable_cost",
    "A k×k kernel has k² weights, and in the ratio it is counted with k.",
    "1 / k**2",
    "1 / k",
)
change(
    "separable_cost",
    "A k×k kernel has k² weights; in both results it is counted with k.",
    "k * k * c_in",
    "k * c_in",
    "1 / k**2",
    "1 / k",
)
change(
    "separable_cost",
    "The 1×1 convolution that mixes the channels is not counted.",
    " + c_in * c_out + c_out, ",
    ", ",
)
change(
    "separable_cost",
    "The depthwise convolution is not counted, only the 1×1 convolution.",
    "k * k * c_in + c_in + ",
    "",
)
change(
    "separable_cost",
    "The second convolution is 1×1; here its kernels are counted with k² weights for each input channel.",
    "c_in * c_out + c_out",
    "k * k * c_in * c_out + c_out",
)
change(
    "separable_cost",
    "The weights of the 1×1 convolution are counted as one for each output channel; each output channel has one for each input channel.",
    "c_in * c_out + c_out",
    "c_out + c_out",
)
change(
    "separable_cost",
    "The two parts of the ratio are multiplied; the weights of the two convolutions add up.",
    "1 / c_out + 1 / k**2",
    "1 / c_out / k**2",
)
change(
    "separable_cost",
    "In the ratio the input channels stand where the output channels belong.",
    "1 / c_out + 1",
    "1 / c_in + 1",
)
change(
    "separable_cost",
    "One fraction of the sum is not the sum of two fractions: 1 / (a + b) is not 1 / a + 1 / b.",
    "1 / c_out + 1 / k**2",
    "1 / (c_out + k**2)",
)
change(
    "separable_cost",
    "This ratio is the share that is saved; asked for is the share that is left.",
    "1 / c_out + 1 / k**2",
    "1 - (1 / c_out + 1 / k**2)",
)
change(
    "separable_cost",
    "The division of the ratio drops everything behind the point: // gives whole numbers.",
    "1 / c_out + 1 / k**2",
    "1 // c_out + 1 // k**2",
)
change(
    "separable_cost",
    "The ratio holds the share of the depthwise convolution alone; the 1×1 convolution has weights, too.",
    "1 / c_out + 1 / k**2",
    "1 / c_out",
)
change(
    "separable_cost",
    "The ratio holds the share of the 1×1 convolution alone; the depthwise convolution has weights, too.",
    "1 / c_out + 1 / k**2",
    "1 / k**2",
)
change(
    "separable_cost",
    "In the ratio the two parts are subtracted; the weights of the two convolutions add up.",
    "1 / c_out + 1 / k**2",
    "1 / c_out - 1 / k**2",
)
change(
    "separable_cost",
    "The two results are exchanged: the number of parameters comes first.",
    "return k * k * c_in + c_in + c_in * c_out + c_out, 1 / c_out + 1 / k**2",
    "return 1 / c_out + 1 / k**2, k * k * c_in + c_in + c_in * c_out + c_out",
)
change(
    "separable_cost",
    "The parameters of the two convolutions are multiplied; they add up.",
    "k * k * c_in + c_in + c_in * c_out + c_out",
    "(k * k * c_in + c_in) * (c_in * c_out + c_out)",
)

change(
    "separable_cost",
    "The division of the ratio drops everything behind the point: // gives whole numbers.",
    "1 / c_out + 1 / k**2",
    "1.0 * (1 // c_out)",
)
change(
    "separable_cost",
    "The ratio is turned into per cent; a ratio of 1 means as many weights.",
    "1 / c_out + 1 / k**2",
    "100 * (1 / c_out + 1 / k**2)",
)
change(
    "separable_cost",
    "The ratio was rounded; give it as it is.",
    "1 / c_out + 1 / k**2",
    "round(1 / c_out + 1 / k**2, 2)",
)
change(
    "separable_cost",
    "The ratio was rounded; give it as it is.",
    "1 / c_out + 1 / k**2",
    "round(1 / c_out + 1 / k**2, 3)",
)
change(
    "separable_cost",
    "The ratio is off by a factor: an ordinary convolution has k² c_in c_out weights, with the input and the output channels.",
    "1 / c_out + 1 / k**2",
    "1 + c_out / k**2",
)
change(
    "separable_cost",
    "The ratio is off by a factor: an ordinary convolution has k² c_in c_out weights, with the input and the output channels.",
    "1 / c_out + 1 / k**2",
    "c_in / c_out + c_in / k**2",
)
change(
    "separable_cost",
    "In the ratio the depthwise kernels are counted as if each reached through all input channels; each sees one.",
    "1 / c_out + 1 / k**2",
    "c_in / c_out + 1 / k**2",
)
change(
    "separable_cost",
    "The ratio is upside down, and with biases; a factorised layer is the smaller one.",
    "1 / c_out + 1 / k**2",
    "(k * k * c_in * c_out + c_out) / (k * k * c_in + c_in + c_in * c_out + c_out)",
)
change(
    "separable_cost",
    "The ratio is that of the depthwise convolution to the 1×1 convolution; it compares both together with an ordinary convolution.",
    "1 / c_out + 1 / k**2",
    "k**2 / c_out",
)
change(
    "separable_cost",
    "The number of weights stands where the ratio belongs.",
    "1 / c_out + 1 / k**2",
    "k * k * c_in + c_in * c_out",
)
change(
    "separable_cost",
    "The 1×1 convolution has one bias for each output channel, not one for each of its weights.",
    "c_in * c_out + c_out",
    "c_in * c_out + c_in * c_out",
)
change(
    "separable_cost", "A k×k kernel has k² weights, not 2k.", "k * k * c_in", "2 * k * c_in"
)
change(
    "separable_cost",
    "The ordinary convolution is counted besides the two parts; the parameters are those of the two parts.",
    "k * k * c_in + c_in +",
    "k * k * c_in * c_out + k * k * c_in + c_in +",
)
change(
    "separable_cost",
    "The weights of the 1×1 convolution are those of c_out kernels on c_out channels; its input has c_in channels.",
    "c_in * c_out + c_out",
    "c_out * c_out + c_out",
)
change(
    "separable_cost",
    "The biases of both are subtracted; they are parameters as the weights are.",
    "k * k * c_in + c_in + c_in * c_out + c_out",
    "k * k * c_in - c_in + c_in * c_out - c_out",
)

change(
    "separable_cost",
    "The weights of the depthwise convolution are missing, and only its biases are counted.",
    "k * k * c_in + c_in +",
    "c_in +",
)
change(
    "separable_cost",
    "In the ratio 2k or 2 to the power k stands where k² belongs.",
    "1 / k**2",
    "1 / 2**k",
)
change(
    "separable_cost",
    "In the ratio 2k or 2 to the power k stands where k² belongs.",
    "1 / k**2",
    "1 / (2 * k)",
)

# -- block_table ----------------------------------------------------------------------------------------------

change(
    "block_table",
    "A batch normalisation has two trainable parameters for each channel, a scale and a shift; one is counted.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 24, 10416, 24080, 0, 410]",
)
change(
    "block_table",
    "A batch normalisation is counted with four numbers for each channel; its running mean and variance are not trainable.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 96, 10560, 24320, 0, 410]",
)
change(
    "block_table",
    "The batch normalisations of the two residual blocks are not counted.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10368, 24000, 0, 410]",
)
change(
    "block_table",
    "The projection of block D is not counted; it has the weights of a 1×1 convolution.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 23200, 0, 410]",
)
change(
    "block_table",
    "The projection of block D is counted as a 3×3 convolution; it is a 1×1 convolution.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 31840, 0, 410]",
)
change(
    "block_table",
    "The projection of block D is counted from 40 to 40 channels; it acts on the input of the block, which has 24.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 24800, 0, 410]",
)
change(
    "block_table",
    "Both 3×3 convolutions of block D are counted from 24 channels; the second one gets 40.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 18400, 0, 410]",
)
change(
    "block_table",
    "Both 3×3 convolutions of block D are counted from 40 channels; the first one gets 24.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 29920, 0, 410]",
)
change(
    "block_table",
    "Each residual block is counted with one 3×3 convolution and one batch normalisation; it has two of each.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 5232, 9680, 0, 410]",
)
change(
    "block_table",
    "The convolutions are counted with biases; A, C and D have none.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[672, 48, 10512, 24280, 0, 410]",
)
change(
    "block_table",
    "The identity shortcut of block C is counted as a 1×1 convolution; it has no parameters.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 11040, 24160, 0, 410]",
)
change(
    "block_table",
    "The projection of block D is counted with a batch normalisation; it has none here.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 24240, 0, 410]",
)
change(
    "block_table",
    "A 3×3 kernel has nine weights for each input channel; it is counted with three.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[216, 48, 3552, 8800, 0, 410]",
)
change(
    "block_table",
    "The dense layer is counted without its ten biases.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 24160, 0, 400]",
)
change(
    "block_table",
    "The first convolution is counted with biases; it has none.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[672, 48, 10464, 24160, 0, 410]",
)
change(
    "block_table",
    "The first convolution is counted for one input channel; a colour picture has three.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[216, 48, 10464, 24160, 0, 410]",
)
change(
    "block_table",
    "Global average pooling takes means and has no parameters.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 24160, 40, 410]",
)
change(
    "block_table",
    "The batch normalisation B is counted with one parameter for each channel; it has a scale and a shift.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 24, 10464, 24160, 0, 410]",
)
change(
    "block_table",
    "A bias of the dense layer belongs to an output, of which there are ten; here they are counted for the inputs.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 10464, 24160, 0, 440]",
)
change(
    "block_table",
    "The numbers of the blocks C and D are exchanged.",
    "[648, 48, 10464, 24160, 0, 410]",
    "[648, 48, 24160, 10464, 0, 410]",
)

# -- inception ------------------------------------------------------------------------------------------------

change(
    "inception",
    "The ReLU behind the reduction is missing.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X, R3)",
)
change(
    "inception",
    "The maps of the branches are not in the order of the formula.",
    "[F.conv2d(X, C1), three, pooled]",
    "[three, F.conv2d(X, C1), pooled]",
)
change(
    "inception",
    "The maps of the branches are not in the order of the formula.",
    "[F.conv2d(X, C1), three, pooled]",
    "[F.conv2d(X, C1), pooled, three]",
)
change(
    "inception",
    "The maps of the branches are not in the order of the formula.",
    "[F.conv2d(X, C1), three, pooled]",
    "[pooled, three, F.conv2d(X, C1)]",
)
change(
    "inception",
    "The maps of the branches are not in the order of the formula.",
    "[F.conv2d(X, C1), three, pooled]",
    "[pooled, F.conv2d(X, C1), three]",
)
change(
    "inception",
    "The maps of the branches are not in the order of the formula.",
    "[F.conv2d(X, C1), three, pooled]",
    "[three, pooled, F.conv2d(X, C1)]",
)
change(
    "inception",
    "The last ReLU is missing: no map should be negative.",
    "dim=1).relu()",
    "dim=1)",
)
change(
    "inception",
    "Both ReLUs are missing, the one behind the reduction and the one at the end.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X, R3)",
    "dim=1).relu()",
    "dim=1)",
)
change(
    "inception",
    "The last ReLU acts on the convolutions alone; it acts on the maps of all branches.",
    "return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "return torch.cat([F.conv2d(X, C1).relu(), three.relu(), pooled], dim=1)",
)
change(
    "inception",
    "The last ReLU acts on the pooled maps alone; it acts on the maps of all branches.",
    "pooled], dim=1).relu()",
    "pooled.relu()], dim=1)",
)
change(
    "inception",
    "The last ReLU acts on the 3×3 branch alone; it acts on the maps of all branches.",
    "three, pooled], dim=1).relu()",
    "three.relu(), pooled], dim=1)",
)
change(
    "inception",
    "The last ReLU does not reach the 3×3 branch; it acts on the maps of all branches.",
    "return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "return torch.cat([F.conv2d(X, C1).relu(), three, pooled.relu()], dim=1)",
)
change(
    "inception",
    "The last ReLU does not reach the 1×1 branch; it acts on the maps of all branches.",
    "return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "return torch.cat([F.conv2d(X, C1), three.relu(), pooled.relu()], dim=1)",
)
change(
    "inception",
    "The last ReLU acts on the 1×1 branch alone; it acts on the maps of all branches.",
    "[F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "[F.conv2d(X, C1).relu(), three, pooled], dim=1)",
)
change(
    "inception",
    "The pooling takes the mean of a window; asked for is its maximum.",
    "F.max_pool2d(",
    "F.avg_pool2d(",
)
change(
    "inception",
    "The pooling takes the mean of a window; asked for is its maximum.",
    "F.max_pool2d(X, 3, stride=1, padding=1)",
    "F.avg_pool2d(X, 3, stride=1, padding=1, count_include_pad=False)",
)
change(
    "inception", "The pooled maps are missing from the result.", "three, pooled]", "three]"
)
change(
    "inception",
    "The maps of the 1×1 convolution are missing from the result.",
    "[F.conv2d(X, C1), three",
    "[three",
)
change(
    "inception",
    "The maps of the 3×3 branch are missing from the result.",
    "three, pooled]",
    "pooled]",
)
change(
    "inception",
    "The third branch holds X itself; it should be pooled.",
    "three, pooled]",
    "three, X]",
)
change(
    "inception",
    "The pooling window is 5×5, or two poolings follow each other; asked for is one pooling of 3×3.",
    "F.max_pool2d(X, 3, stride=1, padding=1)",
    "F.max_pool2d(X, 5, stride=1, padding=2)",
)
change(
    "inception",
    "The pooling takes the least number of a window; asked for is the largest.",
    "F.max_pool2d(X, 3, stride=1, padding=1)",
    "-F.max_pool2d(-X, 3, stride=1, padding=1)",
)
change(
    "inception",
    "The pooling acts on the maps of the 1×1 convolution; all three branches work on X.",
    "F.max_pool2d(X,",
    "F.max_pool2d(F.conv2d(X, C1),",
)
change(
    "inception",
    "The pooling acts on the reduced maps; all three branches work on X.",
    "F.max_pool2d(X,",
    "F.max_pool2d(F.conv2d(X, R3).relu(),",
)
change(
    "inception",
    "The pooling acts on the maps of the 3×3 branch; all three branches work on X.",
    "F.max_pool2d(X,",
    "F.max_pool2d(three,",
)
change(
    "inception",
    "In the 3×3 branch the ReLU acts on X, before the reduction; it belongs behind it.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X.relu(), R3)",
)
change(
    "inception",
    "The 1×1 convolution acts on relu(X); there is no ReLU before it.",
    "[F.conv2d(X, C1)",
    "[F.conv2d(X.relu(), C1)",
)
change(
    "inception",
    "The convolutions act on relu(X); the input goes into the branches as it is.",
    "F.conv2d(X, R3)",
    "F.conv2d(X.relu(), R3)",
    "[F.conv2d(X, C1)",
    "[F.conv2d(X.relu(), C1)",
)
change(
    "inception",
    "The 3×3 kernels are flipped; F.conv2d does not flip them, and neither does a network.",
    "C3, padding=1",
    "C3.flip(2, 3), padding=1",
)
change(
    "inception",
    "The 3×3 kernels are transposed: rows and columns are exchanged.",
    "C3, padding=1",
    "C3.transpose(2, 3), padding=1",
)
change(
    "inception",
    "A sigmoid stands where a ReLU belongs.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X, R3).sigmoid()",
)
change(
    "inception",
    "A sigmoid stands where a ReLU belongs.",
    "dim=1).relu()",
    "dim=1).sigmoid()",
)
change(
    "inception",
    "A tanh stands where a ReLU belongs.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X, R3).tanh()",
)
change("inception", "A tanh stands where a ReLU belongs.", "dim=1).relu()", "dim=1).tanh()")
change(
    "inception",
    "Absolute values are taken where a ReLU belongs; a ReLU sets what is negative to 0.",
    "dim=1).relu()",
    "dim=1).abs()",
)
change(
    "inception",
    "Absolute values are taken where a ReLU belongs; a ReLU sets what is negative to 0.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X, R3).abs()",
)
change(
    "inception",
    "A leaky ReLU lets something negative through; here a ReLU sets it to 0.",
    "F.conv2d(X, R3).relu()",
    "F.leaky_relu(F.conv2d(X, R3))",
)
change(
    "inception",
    "A leaky ReLU lets something negative through; here a ReLU sets it to 0.",
    "dim=1).relu()",
    "dim=1).where(torch.cat([F.conv2d(X, C1), three, pooled], dim=1) > 0, 0.01 * torch.cat([F.conv2d(X, C1), three, pooled], dim=1))",
)
change(
    "inception",
    "The border around the reduced maps is not zero; the 3×3 convolution has zero padding.",
    "F.conv2d(F.conv2d(X, R3).relu(), C3, padding=1)",
    "F.conv2d(F.pad(F.conv2d(X, R3).relu(), [1] * 4, mode='replicate'), C3)",
)
change(
    "inception",
    "The convolutions act on relu(X); the input goes into the branches as it is.",
    "    three =",
    "    X = X.relu_()\n    three =",
)
change(
    "inception",
    "The maps of the three branches are put together along the wrong axis, or mixed by a reshape: the maps of one picture belong together.",
    "return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "parts = [F.conv2d(X, C1).flatten(0, 1), three.flatten(0, 1), pooled.flatten(0, 1)]\n    return torch.cat(parts).view(len(X), -1, *X.shape[2:]).relu()",
)

change(
    "inception",
    "The pooling acts on the maps of all branches; it is the third branch alone, on X.",
    "three, pooled]",
    "three, X]",
    "return torch.cat(",
    "return F.max_pool2d(torch.cat(",
    "dim=1).relu()",
    "dim=1), 3, stride=1, padding=1).relu()",
)
change(
    "inception",
    "The first branch has the kernels of the reduction R3; its own are C1.",
    "[F.conv2d(X, C1)",
    "[F.conv2d(X, R3)",
)
change(
    "inception",
    "The reduced maps are in the result; they are only the input of the 3×3 convolution.",
    "[F.conv2d(X, C1), three",
    "[F.conv2d(X, C1), F.conv2d(X, R3), three",
)
change(
    "inception",
    "X itself is in the result besides the pooled maps; the third branch holds the pooled maps alone.",
    "three, pooled]",
    "three, pooled, X]",
)
change(
    "inception",
    "X is added to the pooled maps; the third branch holds the pooled maps alone.",
    "three, pooled]",
    "three, pooled + X]",
)
change(
    "inception",
    "The maps of the three branches are put together with their maximum, mean or sum; they are concatenated as separate maps.",
    "return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "return (torch.cat([F.conv2d(X, C1), three, pooled], dim=1).sum(dim=1, keepdim=True)).relu()",
)
change(
    "inception",
    "The maps of the three branches are put together with their maximum, mean or sum; they are concatenated as separate maps.",
    "return torch.cat([F.conv2d(X, C1), three, pooled], dim=1).relu()",
    "return (torch.cat([F.conv2d(X, C1), three, pooled], dim=1).mean(dim=1, keepdim=True)).relu()",
)
change(
    "inception",
    "The pooling window is 5×5, or two poolings follow each other; asked for is one pooling of 3×3.",
    "F.max_pool2d(X, 3, stride=1, padding=1)",
    "F.max_pool2d(F.max_pool2d(X, 3, stride=1, padding=1), 3, stride=1, padding=1)",
)
change(
    "inception",
    "The ReLU behind the reduction is a ReLU6, cut at 6; asked for is a ReLU.",
    "F.conv2d(X, R3).relu()",
    "F.relu6(F.conv2d(X, R3))",
)
change(
    "inception",
    "The ReLU turns round the sign: it keeps what is positive.",
    "F.conv2d(X, R3).relu()",
    "F.conv2d(X, R3).clamp(max=0)",
)
change(
    "inception",
    "The ReLU turns round the sign: it keeps what is positive.",
    "dim=1).relu()",
    "dim=1).clamp(max=0)",
)
change(
    "inception",
    "A GELU stands where a ReLU belongs.",
    "F.conv2d(X, R3).relu()",
    "F.gelu(F.conv2d(X, R3))",
)
change(
    "inception",
    "The border of the 3×3 convolution holds copies of the nearest or opposite pixels; zero padding has zeros there.",
    "F.conv2d(F.conv2d(X, R3).relu(), C3, padding=1)",
    "F.conv2d(F.pad(F.conv2d(X, R3).relu(), [1] * 4, mode='circular'), C3)",
)
change(
    "inception",
    "The 3×3 branch sees X only where the kernels' centres lie; the whole 3×3 window counts.",
    "F.conv2d(F.conv2d(X, R3).relu(), C3, padding=1)",
    "F.conv2d(F.conv2d(X, R3).relu(), C3[:, :, 1:2, 1:2])",
)

change(
    "inception",
    "The 3×3 branch starts from the pooled maps; all three branches work on X.",
    "    three = F.conv2d(F.conv2d(X, R3)",
    "    three = F.conv2d(F.conv2d(F.max_pool2d(X, 3, stride=1, padding=1), R3)",
)
change(
    "inception",
    "The 1×1 convolution acts on the pooled maps; all three branches work on X.",
    "F.conv2d(X, C1)",
    "F.conv2d(pooled, C1)",
)
change(
    "inception",
    "The pooled maps go through a 1×1 convolution; here the third branch is the pooling alone.",
    "three, pooled]",
    "three, F.conv2d(pooled, C1)]",
)

# -- residual -------------------------------------------------------------------------------------------------

change(
    "residual",
    "Both faults are still there: the ReLU of the branch stands behind its second convolution, and the projection is cropped where it has to be strided.",
    "padding=1).relu(), W2, padding=1)",
    "padding=1), W2, padding=1).relu()",
    "F.conv2d(X, P, stride=stride)",
    "F.conv2d(X, P)[:, :, : branch.shape[2], : branch.shape[3]]",
)
change(
    "residual",
    "The projection is computed at every pixel and cropped; it has the stride of the branch, so that it takes each stride-th pixel.",
    "F.conv2d(X, P, stride=stride)",
    "F.conv2d(X, P)[:, :, : branch.shape[2], : branch.shape[3]]",
)
change(
    "residual",
    "The shortcut is missing: what comes in should be added.",
    "(shortcut + branch)",
    "branch",
)
change(
    "residual",
    "Only the shortcut is left; the branch f(X) should be added to it.",
    "(shortcut + branch)",
    "shortcut",
)
change(
    "residual",
    "The last ReLU acts on f alone; it acts on the sum.",
    "(shortcut + branch).relu()",
    "shortcut + branch.relu()",
)
change(
    "residual",
    "The last ReLU acts on the shortcut alone; it acts on the sum.",
    "(shortcut + branch).relu()",
    "shortcut.relu() + branch",
)
change(
    "residual",
    "The last ReLU acts on each part of the sum by itself; it acts on the sum.",
    "(shortcut + branch).relu()",
    "shortcut.relu() + branch.relu()",
)
change(
    "residual",
    "The ReLU between the two convolutions is missing.",
    "padding=1).relu(), W2",
    "padding=1), W2",
)
change(
    "residual",
    "There is no ReLU after the sum.",
    "(shortcut + branch).relu()",
    "shortcut + branch",
)
change(
    "residual",
    "Both ReLUs are missing.",
    "(shortcut + branch).relu()",
    "shortcut + branch",
    "padding=1).relu(), W2",
    "padding=1), W2",
)
change(
    "residual",
    "There is one ReLU too many: the second convolution has none of its own before the sum.",
    "shortcut + branch)",
    "shortcut + branch.relu())",
)
change(
    "residual",
    "There is one ReLU too many: the shortcut has none of its own.",
    "(shortcut + branch)",
    "(shortcut.relu() + branch)",
)
change(
    "residual",
    "The ReLUs stand before the convolutions, as in a pre-activation block; here one is between them and one after the sum.",
    "F.conv2d(X, W1",
    "F.conv2d(X.relu(), W1",
    "(shortcut + branch).relu()",
    "shortcut + branch",
)
change(
    "residual",
    "There is a ReLU on the input of the branch, before its first convolution; X goes in as it is.",
    "F.conv2d(X, W1",
    "F.conv2d(X.relu(), W1",
)
change(
    "residual",
    "There is a ReLU on the input, before the branch and the shortcut; X goes in as it is.",
    "    branch =",
    "    X = X.relu()\n    branch =",
)
change(
    "residual",
    "The shortcut was only cut to size; the weights P have to act on it.",
    "X if P is None else F.conv2d(X, P, stride=stride)",
    "X[:, :, ::stride, ::stride]",
)
change(
    "residual",
    "P acts only where the stride is not 1 or the shapes differ; it acts whenever it is given.",
    "P is None",
    "stride == 1",
)
change(
    "residual",
    "With a projection P there is no sum: the shortcut is left out.",
    "    return",
    "    shortcut = shortcut if P is None else 0 * shortcut\n    return",
)
change(
    "residual",
    "The identity is left out: without P the shortcut is X itself.",
    "X if P",
    "0 * X if P",
)
change(
    "residual",
    "The projection has the weights of the first convolution cut to 1×1; its weights are P.",
    "F.conv2d(X, P, stride=stride)",
    "F.conv2d(X, W1[:, :, 1:2, 1:2], stride=stride)",
)
change(
    "residual",
    "The stride is in the second convolution; the first one has it.",
    "W1, stride=stride, padding=1",
    "W1, padding=1",
    "W2, padding=1",
    "W2, stride=stride, padding=1",
)
change(
    "residual",
    "The stride is ignored.",
    "W1, stride=stride, ",
    "W1, ",
    "P, stride=stride",
    "P",
)
change(
    "residual", "W1 and W2 are exchanged.", "X, W1,", "X, W2,", ".relu(), W2", ".relu(), W1"
)
change("residual", "W1 is used in both convolutions.", ".relu(), W2", ".relu(), W1")
change("residual", "W2 is used in both convolutions.", "X, W1,", "X, W2,")
change(
    "residual",
    "The second convolution is missing from the branch.",
    "F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)",
    "F.conv2d(X, W1, stride=stride, padding=1)",
)
change(
    "residual",
    "The second convolution is missing from the branch.",
    "F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)",
    "F.conv2d(X, W1, stride=stride, padding=1).relu()",
)
change(
    "residual",
    "The shortcut is added too early, before the second convolution; it is added to the branch's output.",
    "F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)",
    "F.conv2d(X, W1, stride=stride, padding=1)",
    "(shortcut + branch).relu()",
    "F.conv2d((shortcut + branch).relu(), W2, padding=1).relu()",
)
change(
    "residual",
    "The shortcut is added too early, before the second convolution; it is added to the branch's output.",
    "F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)",
    "F.conv2d(X, W1, stride=stride, padding=1)",
    "(shortcut + branch).relu()",
    "F.conv2d(shortcut + branch.relu(), W2, padding=1).relu()",
)
change(
    "residual",
    "The shortcut is multiplied; a residual block adds it.",
    "shortcut + branch",
    "shortcut * branch",
)
change(
    "residual",
    "The branch is subtracted from the shortcut; a residual block adds the two.",
    "shortcut + branch",
    "shortcut - branch",
)
change(
    "residual",
    "The shortcut is subtracted from the branch; a residual block adds the two.",
    "shortcut + branch",
    "branch - shortcut",
)
change(
    "residual",
    "Branch and shortcut are averaged; a residual block adds them.",
    "(shortcut + branch).relu()",
    "((shortcut + branch) / 2).relu()",
)
change(
    "residual",
    "Branch and shortcut are concatenated as separate maps; a residual block adds them.",
    "(shortcut + branch).relu()",
    "torch.cat([shortcut, branch], dim=1).relu()",
)
change(
    "residual",
    "Branch and shortcut are concatenated as separate maps; a residual block adds them.",
    "(shortcut + branch).relu()",
    "torch.cat([branch, shortcut], dim=1).relu()",
)
change(
    "residual",
    "The kernels are flipped; F.conv2d does not flip them, and neither does a network.",
    "X, W1,",
    "X, W1.flip(2, 3),",
    ".relu(), W2",
    ".relu(), W2.flip(2, 3)",
)
change(
    "residual",
    "The projection starts from X with its negative numbers set to 0; it acts on X itself.",
    "F.conv2d(X, P,",
    "F.conv2d(X.relu(), P,",
)
change(
    "residual",
    "The projection has a ReLU of its own; the only ReLU behind it is the one after the sum.",
    "F.conv2d(X, P, stride=stride)",
    "F.conv2d(X, P, stride=stride).relu()",
)
change(
    "residual",
    "The identity shortcut has a ReLU of its own; the only ReLU behind it is the one after the sum.",
    "X if P",
    "X.relu() if P",
)
change(
    "residual",
    "A sigmoid stands where a ReLU belongs.",
    "(shortcut + branch).relu()",
    "(shortcut + branch).sigmoid()",
)
change(
    "residual",
    "A sigmoid stands where a ReLU belongs.",
    "padding=1).relu(), W2",
    "padding=1).sigmoid(), W2",
)
change(
    "residual",
    "A tanh stands where a ReLU belongs.",
    "(shortcut + branch).relu()",
    "(shortcut + branch).tanh()",
)
change(
    "residual",
    "A tanh stands where a ReLU belongs.",
    "padding=1).relu(), W2",
    "padding=1).tanh(), W2",
)


@slip(
    "residual",
    "X belongs to the caller, and was changed: += works in place, and the shortcut is X itself.",
)
def shortcut_changed_in_place(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)
    shortcut = X if P is None else F.conv2d(X, P, stride=stride)
    shortcut += branch
    return shortcut.relu()


@slip(
    "residual",
    "X belongs to the caller, and was changed: relu_ and += work in place, and the shortcut is X itself.",
)
def sum_and_relu_in_place(
    X: Tensor, W1: Tensor, W2: Tensor, P: Tensor | None = None, stride: int = 1
) -> Tensor:
    branch = F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)
    shortcut = X if P is None else F.conv2d(X, P, stride=stride)
    shortcut += branch
    return shortcut.relu_()


change(
    "residual",
    "The stride of the projected block is fixed at 2; it is given.",
    "    branch =",
    "    stride = 1 if P is None else 2\n    branch =",
)
change(
    "residual",
    "Without P there is no ReLU after the sum; it is there in both cases.",
    "return (shortcut + branch).relu()",
    "return shortcut + branch if P is None else (shortcut + branch).relu()",
)
change(
    "residual",
    "With P there is no ReLU after the sum; it is there in both cases.",
    "return (shortcut + branch).relu()",
    "return (shortcut + branch).relu() if P is None else shortcut + branch",
)
change(
    "residual",
    "The ReLU between the convolutions stands behind the second one: f ends without a ReLU.",
    "padding=1).relu(), W2, padding=1)",
    "padding=1), W2, padding=1).relu()",
)
change(
    "residual",
    "The ReLU between the convolutions stands behind the second one, and there is none after the sum.",
    "padding=1).relu(), W2, padding=1)",
    "padding=1), W2, padding=1).relu()",
    "(shortcut + branch).relu()",
    "shortcut + branch",
)
change(
    "residual",
    "X is added as it is besides its projection; with P the shortcut is the projection alone.",
    "F.conv2d(X, P, stride=stride)",
    "X[:, :, ::stride, ::stride] + F.conv2d(X, P, stride=stride)",
)
change(
    "residual", "The shortcut is added twice.", "shortcut + branch", "2 * shortcut + branch"
)
change(
    "residual",
    "The shortcut is added twice, before the second convolution too; it is added once, to the branch's output.",
    "F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)",
    "F.conv2d((F.conv2d(X, W1, stride=stride, padding=1) + (X if P is None else F.conv2d(X, P, stride=stride))).relu(), W2, padding=1)",
)
change(
    "residual",
    "The shortcut is the first convolution's output; it starts from X.",
    "X if P is None else F.conv2d(X, P, stride=stride)",
    "F.conv2d(X, W1, stride=stride, padding=1)",
)
change(
    "residual",
    "The shortcut is the first convolution's output; it starts from X.",
    "X if P is None else F.conv2d(X, P, stride=stride)",
    "F.conv2d(X, W1, stride=stride, padding=1).relu()",
)
change(
    "residual",
    "The projection acts on the branch; it belongs to the shortcut.",
    "X if P is None else F.conv2d(X, P, stride=stride)",
    "X[:, :, ::stride, ::stride]",
    "(shortcut + branch)",
    "(shortcut + (branch if P is None else F.conv2d(branch, P)))",
)
change(
    "residual",
    "The projection acts on the sum; it belongs to the shortcut.",
    "X if P is None else F.conv2d(X, P, stride=stride)",
    "X[:, :, ::stride, ::stride]",
    "return (shortcut + branch).relu()",
    "return (shortcut + branch if P is None else F.conv2d(shortcut + branch, P)).relu()",
)
change(
    "residual",
    "Where P is given the branch f is left out.",
    "    return",
    "    branch = branch if P is None else 0 * branch\n    return",
)
change(
    "residual",
    "The shortcut is pooled to its size; a projection takes each stride-th pixel.",
    "F.conv2d(X, P, stride=stride)",
    "F.conv2d(F.avg_pool2d(X, stride, ceil_mode=True), P)",
)
change(
    "residual",
    "The shortcut is pooled to its size; a projection takes each stride-th pixel.",
    "F.conv2d(X, P, stride=stride)",
    "F.conv2d(F.max_pool2d(X, stride, ceil_mode=True), P)",
)
change(
    "residual",
    "A leaky ReLU lets something negative through; here a ReLU sets it to 0.",
    "(shortcut + branch).relu()",
    "F.leaky_relu(shortcut + branch)",
)
change(
    "residual",
    "A leaky ReLU lets something negative through; here a ReLU sets it to 0.",
    "F.conv2d(F.conv2d(X, W1, stride=stride, padding=1).relu(), W2, padding=1)",
    "F.conv2d(F.leaky_relu(F.conv2d(X, W1, stride=stride, padding=1)), W2, padding=1)",
)
change(
    "residual",
    "Absolute values are taken where a ReLU belongs; a ReLU sets what is negative to 0.",
    "(shortcut + branch).relu()",
    "(shortcut + branch).abs()",
)

# -- depthwise ------------------------------------------------------------------------------------------------

change(
    "depthwise",
    "The kernels are flipped; the formula has no flip.",
    "D[:, None, None]",
    "D.flip(1, 2)[:, None, None]",
)
change(
    "depthwise",
    "The kernels are flipped from top to bottom; the formula has no flip.",
    "D[:, None, None]",
    "D.flip(1)[:, None, None]",
)
change(
    "depthwise",
    "The kernels are flipped from left to right; the formula has no flip.",
    "D[:, None, None]",
    "D.flip(2)[:, None, None]",
)
change(
    "depthwise",
    "The products of a window are averaged; the formula sums them.",
    ".sum(dim=(4, 5))",
    ".mean(dim=(4, 5))",
)
change(
    "depthwise",
    "The largest product of a window is kept; the formula sums them.",
    ".sum(dim=(4, 5))",
    ".amax(dim=(4, 5))",
)
change(
    "depthwise",
    "The channels are summed into one map; each channel gives a map of its own.",
    ".sum(dim=(4, 5))",
    ".sum(dim=(1, 4, 5))",
)
change(
    "depthwise",
    "The channels are summed into one map; each channel gives a map of its own.",
    ".sum(dim=(4, 5))",
    ".sum(dim=(1, 4, 5))[:, None]",
)
change(
    "depthwise",
    "Each map is the sum over all channels; a depthwise convolution does not mix them.",
    ".sum(dim=(4, 5))",
    ".sum(dim=(4, 5)).sum(dim=1, keepdim=True).expand(-1, X.shape[1], -1, -1)",
)
change(
    "depthwise",
    "The stride is ignored.",
    "k, stride).unfold(3, l, stride)",
    "k, 1).unfold(3, l, 1)",
)
change(
    "depthwise",
    "The stride is used for the rows alone; it holds in both directions.",
    "unfold(3, l, stride)",
    "unfold(3, l, 1)",
)
change(
    "depthwise",
    "The stride is used for the columns alone; it holds in both directions.",
    "unfold(2, k, stride)",
    "unfold(2, k, 1)",
)
change(
    "depthwise",
    "All channels have the kernel of the first one; each has its own.",
    "D[:, None, None]",
    "D[:1, None, None]",
)
change(
    "depthwise",
    "All channels have the kernel of the last one; each has its own.",
    "D[:, None, None]",
    "D[-1:, None, None]",
)
change(
    "depthwise",
    "The kernels are given to the channels in reverse order.",
    "D[:, None, None]",
    "D.flip(0)[:, None, None]",
)
change(
    "depthwise",
    "The windows move by the size of the kernel, as in pooling; they move by the stride.",
    "unfold(2, k, stride).unfold(3, l, stride)",
    "unfold(2, k, k).unfold(3, l, l)",
)
change(
    "depthwise",
    "The strided windows begin one pixel short of a stride; the first one begins at the first pixel.",
    "unfold(2, k, stride).unfold(3, l, stride)",
    "unfold(2, k, 1).unfold(3, l, 1)[:, :, stride - 1 :: stride, stride - 1 :: stride]",
)
change(
    "depthwise",
    "The picture is padded with zeros; there is no padding.",
    "    windows = X.unfold",
    "    X = F.pad(X, [l // 2] * 2 + [k // 2] * 2)\n    windows = X.unfold",
)
change(
    "depthwise",
    "There is a ReLU on the result; a convolution has none of its own.",
    ".sum(dim=(4, 5))",
    ".sum(dim=(4, 5)).relu()",
)
change(
    "depthwise",
    "There is a ReLU on the input; the picture goes in as it is.",
    "    windows = X.unfold",
    "    windows = X.relu().unfold",
)
change(
    "depthwise",
    "The weights of each kernel are divided by their sum; they act as they are.",
    "    windows = ",
    "    D = D / D.sum(dim=(1, 2), keepdim=True)\n    windows = ",
)
change(
    "depthwise",
    "Rows and columns of the result are exchanged.",
    ".sum(dim=(4, 5))",
    ".sum(dim=(4, 5)).transpose(2, 3)",
)
change(
    "depthwise",
    "The last row of windows is missing: there are (h - k) // s + 1 of them.",
    "    return (windows",
    "    windows = windows[:, :, :-1]\n    return (windows",
)
change(
    "depthwise",
    "The last column of windows is missing: there are (w - l) // s + 1 of them.",
    "    return (windows",
    "    windows = windows[:, :, :, :-1]\n    return (windows",
)
change(
    "depthwise",
    "Batch and channels of the result are exchanged.",
    ".sum(dim=(4, 5))",
    ".sum(dim=(4, 5)).transpose(0, 1)",
)
change(
    "depthwise",
    "Only the rows of the kernel are summed; the sum runs over its columns as well.",
    ".sum(dim=(4, 5))",
    ".sum(dim=4)",
)
change(
    "depthwise",
    "Only the columns of the kernel are summed; the sum runs over its rows as well.",
    ".sum(dim=(4, 5))",
    ".sum(dim=5)",
)
change(
    "depthwise",
    "The windows are summed without the weights of the kernel.",
    "(windows * D[:, None, None])",
    "windows",
)
change(
    "depthwise",
    "The weights are added to the pixels; they multiply them.",
    "windows * D",
    "windows + D",
)
change(
    "depthwise",
    "The stride is one too large: windows begin at 0, s, 2s, ...",
    "k, stride).unfold(3, l, stride)",
    "k, stride + 1).unfold(3, l, stride + 1)",
)

# -- squeeze_excite -------------------------------------------------------------------------------------------

change(
    "squeeze_excite",
    "Both faults are still there: the mean runs over the batch, and a ReLU in front of the sigmoid keeps every gate at one half or above.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=(0, 2, 3))[None]",
    "W2.T).sigmoid()",
    "W2.T).relu().sigmoid()",
)
change(
    "squeeze_excite",
    "A softmax makes the gates of a picture sum to one; each gate depends on its own logit alone.",
    ".sigmoid()",
    ".softmax(dim=1)",
)
change(
    "squeeze_excite",
    "A softmax over the batch makes the gates of a channel sum to one; each gate depends on its own logit alone.",
    ".sigmoid()",
    ".softmax(dim=0)",
)
change("squeeze_excite", "The squeeze is a sum; it should be a mean.", "X.mean(", "X.sum(")
change(
    "squeeze_excite",
    "The squeeze takes the largest value of a map; it should be the mean.",
    "X.mean(",
    "X.amax(",
)
change(
    "squeeze_excite",
    "The squeeze takes the mean over the batch too; each picture has its own gates.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=(0, 2, 3))[None]",
)
change(
    "squeeze_excite",
    "The squeeze takes the mean over the batch too; each picture has its own gates.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=0, keepdim=True).mean(dim=(2, 3)).expand(len(X), -1)",
)
change(
    "squeeze_excite",
    "The squeeze divides by the number of channels as well; the mean of each map is over its places alone.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=(2, 3)) / X.shape[1]",
)
change(
    "squeeze_excite",
    "The squeeze divides by one side of the picture only; the mean of a map is over all its places.",
    "X.mean(dim=(2, 3))",
    "X.sum(dim=2).mean(dim=2)",
)
change(
    "squeeze_excite",
    "The squeeze divides by one side of the picture only; the mean of a map is over all its places.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=2).sum(dim=2)",
)
change(
    "squeeze_excite",
    "The squeeze is the mean of absolute values; it is the mean of the map as it is.",
    "X.mean(",
    "X.abs().mean(",
)
change(
    "squeeze_excite",
    "The squeeze is the mean of relu(X); it is the mean of the map as it is.",
    "X.mean(",
    "X.relu().mean(",
)
change(
    "squeeze_excite",
    "The squeeze is a mean of squares; it is the mean of the map as it is.",
    "X.mean(",
    "X.square().mean(",
)
change(
    "squeeze_excite",
    "The squeeze is the spread of a map; it should be the mean.",
    "X.mean(",
    "X.std(",
)
change(
    "squeeze_excite",
    "The squeeze is one number for a picture; each map has its own mean.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=(1, 2, 3), keepdim=True)[:, :, 0, 0].expand(-1, X.shape[1])",
)
change(
    "squeeze_excite",
    "The squeeze reads a single pixel; it is the mean over all pixels.",
    "X.mean(dim=(2, 3))",
    "X[:, :, 0, 0]",
)
change(
    "squeeze_excite",
    "The sigmoid is missing: a gate lies between 0 and 1.",
    ".sigmoid()",
    "",
)
change("squeeze_excite", "The ReLU between the two matrices is missing.", ".relu()", "")
change(
    "squeeze_excite",
    "The ReLU and the sigmoid are exchanged: the ReLU is inside, and the gate is a sigmoid.",
    ".relu()",
    ".sigmoid( )",
    "W2.T).sigmoid()",
    "W2.T).relu()",
)
change(
    "squeeze_excite",
    "A sigmoid stands between the two matrices where a ReLU belongs.",
    ".relu()",
    ".sigmoid( )",
)
change(
    "squeeze_excite",
    "A tanh stands between the two matrices where a ReLU belongs.",
    ".relu()",
    ".tanh()",
)
change(
    "squeeze_excite",
    "The gates are a tanh; a gate lies between 0 and 1.",
    ".sigmoid()",
    ".tanh()",
)
change(
    "squeeze_excite",
    "The gates are a ReLU; a gate lies between 0 and 1.",
    ".sigmoid()",
    ".relu( )",
)
change(
    "squeeze_excite",
    "There is a ReLU before the sigmoid: with it no gate is below one half.",
    "W2.T).sigmoid()",
    "W2.T).relu( ).sigmoid()",
)
change(
    "squeeze_excite",
    "There is one sigmoid too many: the gates are the sigmoid of a sigmoid.",
    ".sigmoid()",
    ".sigmoid().sigmoid()",
)
change(
    "squeeze_excite",
    "There is a ReLU before the first matrix; the means go in as they are.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=(2, 3)).relu( )",
)
change(
    "squeeze_excite",
    "The two matrices act in the wrong order, each in place of the other's transpose: first W1 makes c/r numbers of c, then W2 makes c of them.",
    "W1.T",
    "W2",
    "@ W2.T",
    "@ W1",
)
change(
    "squeeze_excite",
    "These are the gates alone; they have to multiply X.",
    "return X * gates[:, :, None, None]",
    "return gates",
)
change(
    "squeeze_excite",
    "These are the gates alone; they have to multiply X.",
    "return X * gates[:, :, None, None]",
    "return gates[:, :, None, None]",
)
change(
    "squeeze_excite",
    "These are the gates alone; they have to multiply X.",
    "return X * gates[:, :, None, None]",
    "return gates[:, :, None, None].expand_as(X)",
)
change(
    "squeeze_excite",
    "The gates are added to X; they multiply it.",
    "X * gates",
    "X + gates",
)
change(
    "squeeze_excite",
    "X is added once more; the gated maps are the result.",
    "return X * gates[:, :, None, None]",
    "return X + X * gates[:, :, None, None]",
)
change(
    "squeeze_excite",
    "X is divided by the gates; they multiply it.",
    "X * gates",
    "X / gates",
)
change(
    "squeeze_excite",
    "These gates are 1 - g: the gate is turned round, or the sign in the sigmoid's exponent.",
    ".sigmoid()",
    ".sigmoid().neg().add(1)",
)
change(
    "squeeze_excite",
    "The gates act twice.",
    "X * gates[:, :, None, None]",
    "X * gates[:, :, None, None] ** 2",
)
change(
    "squeeze_excite",
    "The pixels of a map are averaged away, and a gated mean is left; the gates multiply every pixel of X.",
    "return X * gates[:, :, None, None]",
    "return X.mean(dim=(2, 3)) * gates",
)
change(
    "squeeze_excite",
    "The pixels of a map are averaged away, and a gated mean is left; the gates multiply every pixel of X.",
    "return X * gates[:, :, None, None]",
    "return (X.mean(dim=(2, 3)) * gates)[:, :, None, None].expand_as(X)",
)
change(
    "squeeze_excite",
    "The two matrices are skipped: the gates are the sigmoid of the means.",
    "((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T).sigmoid()",
    "X.mean(dim=(2, 3)).sigmoid()",
)
change(
    "squeeze_excite",
    "All pictures have the gates of the first one; each has its own.",
    "X * gates[",
    "X * gates[:1][",
)
change(
    "squeeze_excite",
    "Each gate is either open or shut here; a gate is the sigmoid itself, between 0 and 1.",
    ".sigmoid()",
    ".sigmoid().round()",
)
change(
    "squeeze_excite",
    "The gates are averaged over the channels; each channel has its own.",
    "X * gates[",
    "X * gates.mean(dim=1, keepdim=True)[",
)
change(
    "squeeze_excite",
    "What is negative in X is set to 0, before the gates or behind them; no ReLU acts on X or on the result.",
    "return X * gates[:, :, None, None]",
    "return (X * gates[:, :, None, None]).relu( )",
)
change(
    "squeeze_excite",
    "The gates are rescaled to a sum of one; each gate depends on its own logit alone.",
    "    return",
    "    gates = gates / gates.sum(dim=1, keepdim=True)\n    return",
)
change(
    "squeeze_excite",
    "X belongs to the caller, and was changed: an operation in place such as *= overwrites it.",
    "    return X * gates[:, :, None, None]",
    "    X *= gates[:, :, None, None]\n    return X",
)

change(
    "squeeze_excite",
    "The sigmoid acts on the product; it makes the gates, which then multiply X.",
    "return X * gates[:, :, None, None]",
    "return (X * gates.logit()[:, :, None, None]).sigmoid()",
)
change(
    "squeeze_excite",
    "The gates multiply sigmoid(X); they multiply X as it is.",
    "return X * gates",
    "return X.sigmoid() * gates",
)
change(
    "squeeze_excite",
    "The gates come from each pixel, as in X * sigmoid(X); they come from the means.",
    "return X * gates[:, :, None, None]",
    "return X * X.sigmoid()",
)
change(
    "squeeze_excite",
    "What is negative in X is set to 0, before the gates or behind them; no ReLU acts on X or on the result.",
    "return X * gates",
    "return X.relu( ) * gates",
)
change(
    "squeeze_excite",
    "The squeeze divides by the size of the batch as well; the mean of each map is over its places alone.",
    "X.mean(dim=(2, 3))",
    "X.mean(dim=(2, 3)) / len(X)",
)
change(
    "squeeze_excite",
    "The squeeze divides by one pixel too few: a mean divides by their number.",
    "X.mean(dim=(2, 3))",
    "X.sum(dim=(2, 3)) / (X[0, 0].numel() - 1)",
)
change(
    "squeeze_excite",
    "The squeeze divides by h + w; a map has h times w pixels.",
    "X.mean(dim=(2, 3))",
    "X.sum(dim=(2, 3)) / sum(X.shape[2:])",
)
change(
    "squeeze_excite",
    "The squeeze divides by the root of the number of pixels; a mean divides by their number.",
    "X.mean(dim=(2, 3))",
    "X.sum(dim=(2, 3)) / X[0, 0].numel() ** 0.5",
)
change(
    "squeeze_excite",
    "The squeeze takes the least value of a map; it should be the mean.",
    "X.mean(",
    "X.amin(",
)
change(
    "squeeze_excite",
    "The squeeze takes the median of a map; it should be the mean.",
    "X.mean(dim=(2, 3))",
    "X.flatten(2).median(dim=2).values",
)
change(
    "squeeze_excite",
    "The ReLU stands behind the second matrix; it belongs between the two.",
    ".relu() @ W2.T)",
    " @ W2.T).relu( )",
)
change(
    "squeeze_excite",
    "A leaky ReLU lets something negative through; here a ReLU sets it to 0.",
    "((X.mean(dim=(2, 3)) @ W1.T).relu() @",
    "(F.leaky_relu(X.mean(dim=(2, 3)) @ W1.T) @",
)
change(
    "squeeze_excite",
    "A GELU stands between the two matrices where a ReLU belongs.",
    "((X.mean(dim=(2, 3)) @ W1.T).relu() @",
    "(F.gelu(X.mean(dim=(2, 3)) @ W1.T) @",
)
change(
    "squeeze_excite",
    "A SiLU stands between the two matrices where a ReLU belongs.",
    "((X.mean(dim=(2, 3)) @ W1.T).relu() @",
    "(F.silu(X.mean(dim=(2, 3)) @ W1.T) @",
)
change(
    "squeeze_excite",
    "A softmax stands between the two matrices where a ReLU belongs.",
    ".relu()",
    ".softmax( dim=1)",
)
change(
    "squeeze_excite",
    "The gates are a hard sigmoid, cut off at both ends; asked for is the sigmoid itself.",
    "((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T).sigmoid()",
    "F.hardsigmoid((X.mean(dim=(2, 3)) @ W1.T).relu() @ W2.T)",
)
change(
    "squeeze_excite",
    "The gates are averaged over the batch; each picture has its own.",
    "X * gates[",
    "X * gates.mean(dim=0, keepdim=True)[",
)
change(
    "squeeze_excite",
    "The gates of the pictures are exchanged: each goes with its own picture.",
    "X * gates[",
    "X * gates.flip(0)[",
)
change(
    "squeeze_excite",
    "The gates of the channels are exchanged: each goes with its own channel.",
    "X * gates[",
    "X * gates.flip(1)[",
)
change(
    "squeeze_excite",
    "Absolute values stand between the two matrices where a ReLU belongs.",
    ".relu()",
    ".abs()",
)
change(
    "squeeze_excite",
    "The gates are the exponential without the rest of the sigmoid.",
    ".sigmoid()",
    ".exp()",
)
change(
    "squeeze_excite",
    "These gates are 1 - g: the gate is turned round, or the sign in the sigmoid's exponent.",
    ".sigmoid()",
    ".neg().sigmoid()",
)
change(
    "squeeze_excite",
    "The pixels of a map are averaged away, and a gated mean is left; the gates multiply every pixel of X.",
    "return X * gates[:, :, None, None]",
    "return (X * gates[:, :, None, None]).mean(dim=(2, 3))",
)
change(
    "squeeze_excite",
    "The mean is subtracted from X before the gates act; they multiply X as it is.",
    "return X * gates",
    "return (X - X.mean(dim=(2, 3), keepdim=True)) * gates",
)

change(
    "squeeze_excite",
    "All pictures have the gates of the last one; each has its own.",
    "X * gates[",
    "X * gates[-1:][",
)
change(
    "squeeze_excite",
    "Only the first picture passes its gates; the others are as they came, or zero.",
    "    return X",
    "    gates[1:] = 1\n    return X",
)
change(
    "squeeze_excite",
    "Only the first picture passes its gates; the others are as they came, or zero.",
    "    return X",
    "    gates[1:] = 0\n    return X",
)
change(
    "squeeze_excite",
    "Only the last picture passes its gates; the others are as they came, or zero.",
    "    return X",
    "    gates[:-1] = 1\n    return X",
)
change(
    "squeeze_excite",
    "Only the last picture passes its gates; the others are as they came, or zero.",
    "    return X",
    "    gates[:-1] = 0\n    return X",
)
change(
    "squeeze_excite",
    "The gates have the wrong sign: they lie between 0 and 1.",
    "X * gates",
    "-X * gates",
)
change(
    "squeeze_excite",
    "The last channel has no gate: a range ends before its end.",
    "    return X",
    "    gates[:, -1] = 1\n    return X",
)

change(
    "squeeze_excite",
    "The last picture has no gates, or is zero: a range ends before its end.",
    "    return X",
    "    gates[-1] = 1\n    return X",
)
change(
    "squeeze_excite",
    "The last picture has no gates, or is zero: a range ends before its end.",
    "    return X",
    "    gates[-1] = 0\n    return X",
)

# -- parameter_groups -----------------------------------------------------------------------------------------

change(
    "parameter_groups",
    "The parameters of the body still require gradients.",
    "body.requires_grad_(trains)",
    "body.requires_grad_(True)",
)
change(
    "parameter_groups",
    "In fine-tuning everything trains: the body's parameters have to require gradients again.",
    "body.requires_grad_(trains)",
    "body.requires_grad_(False)",
)
change(
    "parameter_groups",
    "Whether the parameters of the body require gradients is left as it came, or the modes are exchanged; each mode sets it.",
    "body.requires_grad_(trains)",
    "body",
)
change(
    "parameter_groups",
    "Whether the parameters of the body require gradients is left as it came, or the modes are exchanged; each mode sets it.",
    "body.requires_grad_(trains)",
    "body.requires_grad_(not trains)",
)
change(
    "parameter_groups",
    "The frozen body is still in training mode: with dropout or batch statistics its features would change from step to step.",
    ".train(trains)",
    ".train()",
)
change(
    "parameter_groups",
    "In fine-tuning the body is in evaluation mode as a whole; only its batch normalisations should be.",
    ".train(trains)",
    ".eval()",
)
change(
    "parameter_groups",
    "Training and evaluation mode of the body are exchanged, or left as they came; each mode sets them.",
    ".train(trains)",
    "",
)
change(
    "parameter_groups",
    "Training and evaluation mode of the body are exchanged, or left as they came; each mode sets them.",
    ".train(trains)",
    ".train(not trains)",
)
change(
    "parameter_groups",
    "The body is frozen but still in training mode: its statistics would move.",
    ".train(trains)",
    ".train()",
    "    for norm in norms:\n        norm.eval()\n",
    "    for norm in norms:\n        norm.train(not trains)\n",
)
change(
    "parameter_groups",
    "The body learns as fast as the head; what it knows would be lost.",
    "lr / 10",
    "lr",
)
change(
    "parameter_groups",
    "The body learns faster than the head; its rate is a tenth of the head's.",
    "lr / 10",
    "lr * 10",
)
change(
    "parameter_groups", "The rate of the body is not a tenth of lr.", "lr / 10", "lr / 100"
)
change(
    "parameter_groups",
    "The rates are exchanged: the new head is the one that has to hurry.",
    "lr / 10",
    "lr",
    '"lr": lr}]\n',
    '"lr": lr / 10 if trains else lr}]\n',
)
change(
    "parameter_groups",
    "The head learns at a tenth of lr, too; it learns at lr.",
    '(head.parameters()), "lr": lr',
    '(head.parameters()), "lr": lr / 10',
)
change(
    "parameter_groups",
    "In fine-tuning the head learns at a tenth of lr, too; it learns at lr.",
    '(head.parameters()), "lr": lr',
    '(head.parameters()), "lr": lr / 10 if trains else lr',
)
change(
    "parameter_groups",
    "The rates are those of the body at lr and of the head at ten times lr; it is the body whose rate is divided.",
    "lr / 10",
    "lr",
    '(head.parameters()), "lr": lr',
    '(head.parameters()), "lr": lr * 10 if trains else lr',
)
change(
    "parameter_groups",
    "The batch normalisation trains; it should keep its statistics.",
    "    for norm in norms:\n        norm.eval()\n",
    "",
)
change(
    "parameter_groups",
    "The batch normalisation trains; it should keep its statistics.",
    "        norm.eval()\n",
    "        norm.train()\n",
)
change(
    "parameter_groups",
    "Only the first batch normalisation is in evaluation mode; all of them should be.",
    "in norms:",
    "in norms[:1]:",
)
change(
    "parameter_groups",
    "Only the last batch normalisation is in evaluation mode; all of them should be.",
    "in norms:",
    "in norms[-1:]:",
)
change(
    "parameter_groups",
    "The parameters of the batch normalisations are frozen in fine-tuning; they train, and only the statistics stay.",
    "norm.eval()",
    "norm.eval().requires_grad_(False)",
)
change(
    "parameter_groups",
    "The parameters of the batch normalisations ask for gradients although the body is frozen.",
    "norm.eval()",
    "norm.eval().requires_grad_(True)",
)
change(
    "parameter_groups",
    "The parameters of the batch normalisations are not in the group of the body; they train, and only the statistics stay.",
    '"params": list(body.parameters())',
    '"params": [p for m in body.modules() if m not in norms for p in m.parameters(recurse=False)]',
)
change(
    "parameter_groups",
    "The head is not in training mode; it may come in any state, and trains in both cases.",
    ".train()\n",
    "\n",
)
change(
    "parameter_groups",
    "The head is not in training mode; it may come in any state, and trains in both cases.",
    ".train()\n",
    ".eval()\n",
)
change(
    "parameter_groups",
    "The head follows the body: with the body frozen it is frozen, too. It trains in both cases.",
    "head.requires_grad_(True)",
    "head.requires_grad_(trains)",
)
change(
    "parameter_groups",
    "The head follows the body: with the body frozen it is in evaluation mode, too. It trains in both cases.",
    "head.requires_grad_(True).train()",
    "head.requires_grad_(True).train(trains)",
)
change(
    "parameter_groups",
    "The group of the body is there in both modes; what is frozen needs none.",
    " if trains else []",
    "",
)
change(
    "parameter_groups",
    "The group of the body is missing in fine-tuning.",
    "if trains else []",
    "if not trains and trains else []",
)
change(
    "parameter_groups",
    "The groups are in the wrong order: the body comes first.",
    'return [*groups, {"params": list(head.parameters()), "lr": lr}]',
    'return [{"params": list(head.parameters()), "lr": lr}, *groups]',
)
change(
    "parameter_groups",
    "The group of the head is there only when the body is frozen; it is there in both modes.",
    'return [*groups, {"params": list(head.parameters()), "lr": lr}]',
    'return groups or [{"params": list(head.parameters()), "lr": lr}]',
)
change(
    "parameter_groups",
    "The two modes are exchanged.",
    'mode == "fine-tuned"',
    'mode == "frozen"',
)
change(
    "parameter_groups",
    "Both modes are treated as fine-tuned: the frozen body has to be told from it.",
    'mode == "fine-tuned"',
    'mode != ""',
)
change(
    "parameter_groups",
    'Both modes are treated as frozen: the name of the other one is "fine-tuned".',
    'mode == "fine-tuned"',
    'mode == "finetuned"',
)
change(
    "parameter_groups",
    "The parameters of body and head are in one group; each has its own, with its own rate.",
    'return [*groups, {"params": list(head.parameters()), "lr": lr}]',
    'return [{"params": [*body.parameters(), *head.parameters()] if trains else list(head.parameters()), "lr": lr}]',
)
change(
    "parameter_groups",
    "The second group holds the parameters of the body once more, besides the head's.",
    'return [*groups, {"params": list(head.parameters()), "lr": lr}]',
    'return [*groups, {"params": [*body.parameters(), *head.parameters()] if trains else list(head.parameters()), "lr": lr}]',
)
change(
    "parameter_groups",
    "The groups hold copies of the parameters, or something else in their place; the optimiser needs the parameters themselves.",
    "list(body.parameters())",
    "[p.detach().clone() for p in body.parameters()]",
    "list(head.parameters())",
    "[p.detach().clone() for p in head.parameters()]",
)
change(
    "parameter_groups",
    "The body group holds the parameters of the head.",
    "list(body.parameters())",
    "list( head.parameters())",
)
change(
    "parameter_groups",
    "The group of the body holds only the parameters of the batch normalisations.",
    "list(body.parameters())",
    "[p for norm in norms for p in norm.parameters()]",
)
change(
    "parameter_groups",
    "A fixed rate stands where the rate lr that was given belongs.",
    '(head.parameters()), "lr": lr',
    '(head.parameters()), "lr": 0.1',
    "lr / 10",
    "0.01",
)
change(
    "parameter_groups",
    "A frozen body keeps its batch normalisations in training mode here: they are in evaluation mode in both cases.",
    "norm.eval()",
    "norm.train(not trains)",
)


@slip("parameter_groups", "The batch normalisation trains; it should keep its statistics.")
def norms_before_the_body(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    for norm in norms:
        norm.eval()
    tuned = mode == "fine-tuned"
    body.requires_grad_(tuned).train(tuned)
    head.requires_grad_(True).train()
    groups = [{"params": list(body.parameters()), "lr": lr / 10}] if tuned else []
    return [*groups, {"params": list(head.parameters()), "lr": lr}]


change(
    "parameter_groups",
    "The group of the body is there in both modes; what is frozen needs none.",
    " if trains else []",
    "",
    "lr / 10",
    "lr / 10 if trains else 0.0",
)
change(
    "parameter_groups",
    "The group of the body is there in both modes; what is frozen needs none.",
    " if trains else []",
    "",
    "lr / 10",
    "lr / 10 if trains else 0",
)
change(
    "parameter_groups",
    "The group of the body is there in both modes; what is frozen needs none.",
    " if trains else []",
    "",
    "lr / 10",
    "lr / 10 if trains else lr",
)
change(
    "parameter_groups",
    "There is an empty group for the frozen body; what is frozen needs none.",
    " if trains else []",
    ' if trains else [{"params": [], "lr": lr / 10}]',
)
change(
    "parameter_groups",
    "With the body frozen the head learns at a tenth of lr; it learns at lr.",
    '(head.parameters()), "lr": lr',
    '(head.parameters()), "lr": lr if trains else lr / 10',
)
change(
    "parameter_groups",
    "Body and head are in one group in both modes; what is frozen is not in a group, and otherwise each has its own.",
    'return [*groups, {"params": list(head.parameters()), "lr": lr}]',
    'return [{"params": [*body.parameters(), *head.parameters()], "lr": lr}]',
)
change(
    "parameter_groups",
    "In fine-tuning there is one group at a tenth of lr for body and head; the head has a group of its own at lr.",
    'return [*groups, {"params": list(head.parameters()), "lr": lr}]',
    'return [{"params": [*body.parameters(), *head.parameters()], "lr": lr / 10}] if trains else [{"params": list(head.parameters()), "lr": lr}]',
)
change(
    "parameter_groups",
    "The parameters are in no list: parameters() by itself gives a generator, which is used up after one run through it.",
    "list(body.parameters())",
    "body.parameters()",
    "list(head.parameters())",
    "head.parameters()",
)
change(
    "parameter_groups",
    "The parameters of the body are in no list: parameters() by itself gives a generator, which is used up after one run through it.",
    "list(body.parameters())",
    "body.parameters()",
)
change(
    "parameter_groups",
    "The parameters of the head are in no list: parameters() by itself gives a generator, which is used up after one run through it.",
    "list(head.parameters())",
    "head.parameters()",
)
change(
    "parameter_groups",
    "The groups hold copies of the parameters, or something else in their place; the optimiser needs the parameters themselves.",
    "list(body.parameters())",
    "list(body.named_parameters())",
    "list(head.parameters())",
    "list(head.named_parameters())",
)
change(
    "parameter_groups",
    "The batch normalisations have a group of their own; they belong to the body's, and only their statistics stay.",
    '{"params": list(body.parameters()), "lr": lr / 10}]',
    '{"params": [p for m in body.modules() if m not in norms for p in m.parameters(recurse=False)], "lr": lr / 10}, {"params": [p for norm in norms for p in norm.parameters()], "lr": lr / 10}]',
)
change(
    "parameter_groups",
    "The biases of the head are not in its group.",
    "list(head.parameters())",
    "[p for p in head.parameters() if p.dim() > 1]",
)
change(
    "parameter_groups",
    "The biases are not in the groups, nor the weights of the batch normalisations.",
    "list(head.parameters())",
    "[p for p in head.parameters() if p.dim() > 1]",
    "list(body.parameters())",
    "[p for p in body.parameters() if p.dim() > 1]",
)
change(
    "parameter_groups",
    "The biases are not in the groups.",
    "list(head.parameters())",
    "[p for n, p in head.named_parameters() if 'weight' in n]",
    "list(body.parameters())",
    "[p for n, p in body.named_parameters() if 'weight' in n]",
)
change(
    "parameter_groups",
    "With the body frozen the head is frozen as well: neither requires gradients and nothing is left to train.",
    "head.requires_grad_(True).train()",
    "head.requires_grad_(trains).train(trains)",
)
change(
    "parameter_groups",
    "The head is frozen: it trains in both cases.",
    "head.requires_grad_(True)",
    "head.requires_grad_(False)",
)
change(
    "parameter_groups",
    "All that is frozen is the batch normalisations; a frozen body does not train at all, and is in evaluation mode as a whole.",
    "body.requires_grad_(trains).train(trains)",
    "body.requires_grad_(True).train()",
    "norm.eval()",
    "norm.eval().requires_grad_(trains)",
)
change(
    "parameter_groups",
    "The parameters of body and head are exchanged in the two groups: the body learns at a tenth of lr.",
    "list(body.parameters())",
    "list(head.parameters( ))",
    "list(head.parameters()), ",
    "list(body.parameters( ) if trains else head.parameters()), ",
)
change(
    "parameter_groups",
    "In fine-tuning only the batch normalisations are in training mode here; it should be the other way round.",
    ".train(trains)",
    ".eval()",
    "norm.eval()",
    "norm.train(trains)",
)


@slip(
    "parameter_groups",
    "The group of the body was chosen by what required gradients before they were switched on, so that it depends on the state in which the body came.",
)
def chosen_before_switched_on(
    body: nn.Module, norms: list[nn.BatchNorm2d], head: nn.Module, mode: str, lr: float
) -> list[dict]:
    tuned = mode == "fine-tuned"
    chosen = [p for p in body.parameters() if p.requires_grad]
    body.requires_grad_(tuned).train(tuned)
    head.requires_grad_(True).train()
    for norm in norms:
        norm.eval()
    groups = [{"params": chosen, "lr": lr / 10}] if tuned else []
    return [*groups, {"params": list(head.parameters()), "lr": lr}]


change(
    "parameter_groups",
    "The body is left in the state in which it came; each mode sets whether it requires gradients, and training or evaluation mode.",
    "    body.requires_grad_(trains).train(trains)\n",
    "",
)
change(
    "parameter_groups",
    "The rate of the body is rounded down: // drops everything behind the point.",
    "lr / 10",
    "lr // 10",
)

# -- classify -------------------------------------------------------------------------------------------------

change(
    "classify",
    "The features are not brought to one scale: those with large numbers decide alone.",
    "torch.cdist(unseen / scale, means / scale)",
    "torch.cdist(unseen, means)",
)
change(
    "classify",
    "The features are not brought to one scale: those with large numbers decide alone.",
    "return classes[torch.cdist(unseen / scale, means / scale).argmin(dim=1)]",
    "return labels[torch.cdist(unseen, examples).argmin(dim=1)]",
)
change(
    "classify",
    "All predictions are the same label, whatever the features: look for NaN, which a division by a standard deviation of 0 gives, and for a scale that acts on one side of a distance alone.",
    "scale = torch.where(spread > 0, spread, torch.ones_like(spread))",
    "scale = spread",
)
change(
    "classify",
    "All predictions are the same label, whatever the features: look for NaN, which a division by a standard deviation of 0 gives, and for a scale that acts on one side of a distance alone.",
    "return classes[torch.cdist(unseen / scale, means / scale).argmin(dim=1)]",
    "return labels.mode().values.repeat(len(unseen))",
)
change(
    "classify",
    "No prediction is right. These may be places in the list of classes or rows of the examples instead of labels, or the class with the largest distance instead of the nearest one.",
    "return classes[torch.cdist(unseen / scale, means / scale).argmin(dim=1)]",
    "return torch.cdist(unseen / scale, means / scale).argmin(dim=1)",
)
change(
    "classify",
    "No prediction is right. These may be places in the list of classes or rows of the examples instead of labels, or the class with the largest distance instead of the nearest one.",
    "return classes[torch.cdist(unseen / scale, means / scale).argmin(dim=1)]",
    "return torch.cdist(unseen / scale, examples / scale).argmin(dim=1)",
)
change(
    "classify",
    "No prediction is right. These may be places in the list of classes or rows of the examples instead of labels, or the class with the largest distance instead of the nearest one.",
    "argmin(dim=1)",
    "argmax(dim=1)",
)
change(
    "classify",
    "The features are multiplied by their scale; divide by it.",
    "unseen / scale, means / scale",
    "unseen * scale, means * scale",
)
change(
    "classify",
    "All predictions are the same label, whatever the features: look for NaN, which a division by a standard deviation of 0 gives, and for a scale that acts on one side of a distance alone.",
    "unseen / scale, means / scale",
    "unseen / scale, means",
)
change(
    "classify",
    "All predictions are the same label, whatever the features: look for NaN, which a division by a standard deviation of 0 gives, and for a scale that acts on one side of a distance alone.",
    "unseen / scale, means / scale",
    "unseen, means / scale",
)
change(
    "classify",
    "The features are divided by their variance; then those with small numbers become the largest.",
    "unseen / scale, means / scale",
    "unseen / scale**2, means / scale**2",
)
change(
    "classify",
    "Each example is scaled by itself, to length one or to unit standard deviation; each feature needs its own scale, over the examples.",
    "torch.cdist(unseen / scale, means / scale)",
    "torch.cdist(F.normalize(unseen), F.normalize(means))",
)
change(
    "classify",
    "The features are not brought to one scale: those with large numbers decide alone.",
    "spread = examples.std(dim=0)",
    "spread = examples.std()",
)
change(
    "classify",
    "Each example is scaled by itself, to length one or to unit standard deviation; each feature needs its own scale, over the examples.",
    "torch.cdist(unseen / scale, means / scale)",
    "torch.cdist(unseen / unseen.std(dim=1, keepdim=True), means / means.std(dim=1, keepdim=True))",
)
equivalent(
    "classify",
    "The standard deviations keep their axis; the division by them is the same.",
    "spread = examples.std(dim=0, keepdim=True)",
)
equivalent(
    "classify",
    "All standard deviations change by the same factor, and all distances with them: the nearest mean is the same.",
    "spread = examples.std(dim=0, correction=0)",
)
equivalent(
    "classify",
    "Both sides of each difference change their sign; the distances are the same.",
    "scale = -torch.where(spread > 0, spread, torch.ones_like(spread))",
)
equivalent(
    "classify",
    "Features with small numbers count little then; the others, about half of the 60, are enough for the share that the task asks for.",
    "scale = torch.where(spread > 1, spread, torch.ones_like(spread))",
)
equivalent(
    "classify",
    "Features rounded down to whole standard deviations are enough for the share that the task asks for, by any method.",
    "return classes[torch.cdist(unseen // scale, means / scale).argmin(dim=1)]",
    "return classes[torch.cdist(unseen / scale, means // scale).argmin(dim=1)]",
)

"""Planted wrong answers to the exercises of chapter 12, each with the hint that it must get."""

import torch
from torch import Tensor

from course_tools.grading.slips import change, equivalent, slip

# -- round_attack ---------------------------------------------------------------------------------------------

change(
    "round_attack",
    "The gradient is divided by the length of the whole batch's; each picture has a length of its own.",
    "alpha * g / lengths(g).clamp(min=1e-30)",
    "alpha * g / g.norm()",
)
change(
    "round_attack",
    "A change that is shorter than epsilon is stretched to epsilon; only longer ones are shortened.",
    ".clamp(max=1)\n",
    "\n",
)
change(
    "round_attack",
    "Only the last step is kept shorter than epsilon; the whole change, from the first picture on, has to be.",
    "change = found - x\n",
    "before, change = found - alpha * g / lengths(g).clamp(min=1e-30), alpha * g / lengths(g).clamp(min=1e-30)\n",
    "found = (x + change)",
    "found = (before + change)",
)
change(
    "round_attack",
    "The steps go downhill: the loss of the true class falls.",
    "found + alpha * g",
    "found - alpha * g",
)
change(
    "round_attack",
    "The step follows the signs of the gradient, as in a ball of the largest change; here it follows the gradient.",
    "alpha * g / lengths(g).clamp(min=1e-30)",
    "alpha * g.sign() / lengths(g.sign()).clamp(min=1e-30)",
)
change(
    "round_attack",
    "The pixels are not cut off at 0 and 1.",
    "(x + change).clamp(0, 1)",
    "x + change",
)
change(
    "round_attack",
    "The change is never shortened: the pictures leave the ball.",
    "change = change * (eps / lengths(change).clamp(min=1e-30)).clamp(max=1)",
    "pass",
)
change(
    "round_attack",
    "The pixels are cut off first and the change is shortened afterwards; the task has the other order.",
    "found = found + alpha * g / lengths(g).clamp(min=1e-30)",
    "found = (found + alpha * g / lengths(g).clamp(min=1e-30)).clamp(0, 1)",
)
change(
    "round_attack",
    "A gradient, or a change, of length 0 gives 0 / 0: such a picture stays where it is.",
    "lengths(g).clamp(min=1e-30)",
    "lengths(g)",
    "lengths(change).clamp(min=1e-30)",
    "lengths(change)",
)
change(
    "round_attack",
    "Each value of the change is cut off at epsilon by itself; its Euclidean length has to be at most epsilon.",
    "change * (eps / lengths(change).clamp(min=1e-30)).clamp(max=1)",
    "change.clamp(-eps, eps)",
)
change(
    "round_attack",
    "The length of the gradient stays in the step: alpha is to be the length of a step.",
    "alpha * g / lengths(g).clamp(min=1e-30)",
    "alpha * g",
)
change(
    "round_attack",
    "The gradient is always that of the first picture, not of the one that was reached.",
    "leaf = found.clone()",
    "leaf = x.clone()",
)
change("round_attack", "The last step is missing.", "range(steps)", "range(steps - 1)")
change(
    "round_attack",
    "The change is shortened for the batch as a whole; each picture has a ball of its own.",
    "lengths(change).clamp(min=1e-30)",
    "change.norm().clamp(min=1e-30)",
)

change(
    "round_attack",
    "The step goes along the sign of the gradient; here it is the gradient, divided by its length.",
    "alpha * g / lengths(g).clamp(min=1e-30)",
    "alpha * g.sign()",
)

# -- boundary_distance ----------------------------------------------------------------------------------------

change(
    "boundary_distance",
    "The difference of the weights is measured in the norm p itself; the dual norm belongs here.",
    'dual = {1: float("inf"), 2: 2, float("inf"): 1}[p]',
    "dual = p",
)
change(
    "boundary_distance",
    "The difference of the weights is measured by its Euclidean length, whatever p is.",
    'dual = {1: float("inf"), 2: 2, float("inf"): 1}[p]',
    "dual = 2",
)
change(
    "boundary_distance",
    "The class with the second largest logit is taken; the boundary of another class can be nearer.",
    '(behind / size).masked_fill(~rest, float("inf")).amin(dim=1)',
    '(behind / size).gather(1, Z.masked_fill(~rest, -float("inf")).argmax(dim=1)[:, None])[:, 0]',
)
change(
    "boundary_distance",
    "The difference of the logits is given; a change of length 1 moves it by more than 1 or by less.",
    "(behind / size)",
    "behind",
)
change(
    "boundary_distance",
    "The norm of the other class's weights alone divides; it is the difference of the two rows that counts.",
    "W[best][:, None] - W, ord=dual",
    "W[None] + 0 * W[best][:, None], ord=dual",
)
change(
    "boundary_distance",
    "The norm of the predicted class's weights alone divides; it is the difference of the two rows that counts.",
    "W[best][:, None] - W, ord=dual",
    "W[best][:, None] + 0 * W, ord=dual",
)
change(
    "boundary_distance",
    "The norms of the two rows are added; the norm of their difference is smaller.",
    "torch.linalg.vector_norm(W[best][:, None] - W, ord=dual, dim=2)",
    "torch.linalg.vector_norm(W[best], ord=dual, dim=1)[:, None] + torch.linalg.vector_norm(W, ord=dual, dim=1)",
)
change("boundary_distance", "The biases are missing.", "Z = X @ W.T + b", "Z = X @ W.T")
change(
    "boundary_distance",
    "The farthest boundary is taken; the nearest one counts.",
    'masked_fill(~rest, float("inf")).amin(dim=1)',
    'masked_fill(~rest, -float("inf")).amax(dim=1)',
)
change(
    "boundary_distance",
    "The difference of the logits is divided by the square of the norm.",
    "(behind / size)",
    "(behind / size**2)",
)
change(
    "boundary_distance",
    "This is half of the distance: the change has to make up for the whole difference of the logits.",
    "(behind / size)",
    "(behind / size / 2)",
)
change(
    "boundary_distance",
    "The predicted class is compared with itself, which gives 0 / 0.",
    '.masked_fill(~rest, float("inf"))',
    "",
)

# -- simba ----------------------------------------------------------------------------------------------------

change(
    "simba",
    "One query too few: the subtraction is tried first, where the addition comes first, or a pixel that the cut left unchanged was not asked for.",
    "for step in (eps, -eps)",
    "for step in (-eps, eps)",
)
change(
    "simba",
    "The query for the picture itself is not counted.",
    "ask(x[None])[0], 1",
    "ask(x[None])[0], 0",
)
change(
    "simba",
    "The present picture is asked for at each pixel anew; its probabilities are known.",
    "        if p.argmax() != y:",
    "        p, queries = ask(x[None])[0], queries + 1\n        if p.argmax() != y:",
)
change(
    "simba",
    "The present picture is asked for at each pixel; its probabilities are known since it was last asked for.",
    "        if p.argmax() != y:",
    "        p, queries = ask(x[None])[0], queries + 1\n        if p.argmax() != y:",
    "ask(x[None])[0], 1",
    "None, 0",
)
change(
    "simba", "Only the addition is tried.", "for step in (eps, -eps)", "for step in (eps,)"
)
change(
    "simba",
    "A change stays when the probability is the same; it has to become smaller.",
    "q[y] < p[y]",
    "q[y] <= p[y]",
)
change(
    "simba", "The pixels leave 0..1.", "(trial[i] + step).clamp(0, 1)", "trial[i] + step"
)
change(
    "simba",
    "It goes on behind the point at which the class has changed.",
    "if p.argmax() != y:",
    "if queries == 1 and p.argmax() != y:",
)
change(
    "simba",
    "Each probability is compared with that of the first picture; it is compared with that of the present one.",
    "x, p = trial.reshape(x.shape), q",
    "x, p = trial.reshape(x.shape), torch.where(torch.arange(len(p)) == y, p, q)",
    "if p.argmax() != y:",
    "if ask(x[None])[0].argmax() != y:",
)
change(
    "simba",
    "Only queries whose change stays are counted; the box was asked for the others, too.",
    "q, queries = ask(trial.reshape(1, *x.shape))[0], queries + 1",
    "q = ask(trial.reshape(1, *x.shape))[0]",
    "x, p = trial.reshape(x.shape), q",
    "x, p, queries = trial.reshape(x.shape), q, queries + 1",
)
change(
    "simba",
    "Two queries are counted for each pixel; where the first change stays, the second is not asked for.",
    "q, queries = ask(trial.reshape(1, *x.shape))[0], queries + 1",
    "q = ask(trial.reshape(1, *x.shape))[0]",
    "for step in (eps, -eps)",
    "queries += 2\n        for step in (eps, -eps)",
)
change(
    "simba",
    "The probability of the true class grows: the changes that stay are those which raise it.",
    "q[y] < p[y]",
    "q[y] > p[y]",
)
change(
    "simba",
    "A change that was turned down stays in the pixel, and the next one is added to it.",
    "            trial = x.flatten().clone()\n",
    "",
    "        for step in",
    "        trial = x.flatten().clone()\n        for step in",
)
change(
    "simba",
    "The pixels are taken in the order of their places; they are taken in the order that is given.",
    "order.tolist()",
    "range(len(order))",
)
change(
    "simba",
    "Each pixel gets both queries, and the last change that lowers the probability stays.",
    "                x, p = trial.reshape(x.shape), q\n                break",
    "                x, p = trial.reshape(x.shape), q",
)

# -- errors_left ----------------------------------------------------------------------------------------------

change(
    "errors_left",
    "The first number is what the two latent units keep; the error is what they lose.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[11.0, 3.867, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The first number is a mean over the four dimensions; the squared length is a sum.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[0.375, 3.867, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The first number leaves the smallest eigenvalue out: two latent units leave two coordinates behind.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.0, 3.867, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The second number is that of a denoiser that hands its input on: 2 for each dimension. A factor below 1 does better.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 8.0, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The second number belongs to a noise of variance 1; it has variance 2.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 2.472, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The second number is the variance that the denoiser keeps; the error is what is missing to 12.5.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 8.633, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The second number says that the noise can be taken away without an error; it is only weighed against the data.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 0.0, 4.3, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The third number leaves out the two coordinates behind the bottleneck: they are lost whole.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 2.8, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The third number adds the error of 2. and that of 1.; the two coordinates that are lost count once.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 5.367, 5.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The fourth number has noise in all four dimensions; what reaches the output comes through two latent units.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 9.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The fourth number is that of the denoiser; this network never saw noise and does not shrink its input.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 4.3, 0.0, 17.0]",
)
change(
    "errors_left",
    "The fourth number has the noise of one latent unit; both hand theirs on.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 3.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The fourth number is the error without noise; along the two directions that are kept the noise goes through.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 1.5, 0.0, 17.0]",
)
change(
    "errors_left",
    "The fifth number is the squared length of the anomaly: along a direction that the network keeps, however far away, nothing is lost.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 5.5, 900.0, 17.0]",
)
change(
    "errors_left",
    "The fifth number is the length of the anomaly: along a direction that the network keeps, however far away, nothing is lost.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 5.5, 30.0, 17.0]",
)
change(
    "errors_left",
    "The sixth number adds the squares of the coordinates that are kept; the error holds the other two.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 13.0]",
)
change(
    "errors_left",
    "The sixth number adds all four squares; two of the coordinates are handed on.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 30.0]",
)
change(
    "errors_left",
    "The sixth number is the square of a sum; the squares are added.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 9.0]",
)
change(
    "errors_left",
    "The sixth number is the length of the error; its square is asked for.",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 17.0]",
    "[1.5, 3.867, 4.3, 5.5, 0.0, 4.123]",
)

# -- triplet_gradients ----------------------------------------------------------------------------------------

change(
    "triplet_gradients",
    "The loss is a mean: its gradient is divided by the number of triplets.",
    "(d_p - d_n + m > 0) / len(a)",
    "(d_p - d_n + m > 0).to(a)",
)
change(
    "triplet_gradients",
    "The gradient is divided by the number of active triplets; the mean runs over all.",
    "(d_p - d_n + m > 0) / len(a)",
    "(d_p - d_n + m > 0) / (d_p - d_n + m > 0).sum()",
)
change(
    "triplet_gradients",
    "The gradient for the negatives has the wrong sign.",
    "return u - v, -u, v",
    "return u - v, -u, -v",
)
change(
    "triplet_gradients",
    "The gradient for the positives has the wrong sign.",
    "return u - v, -u, v",
    "return u - v, u, v",
)
change(
    "triplet_gradients",
    "All signs are turned round: these are the directions in which the loss falls.",
    "return u - v, -u, v",
    "return v - u, u, -v",
)
change(
    "triplet_gradients",
    "The anchor stands in the distance to the negative, too.",
    "return u - v, -u, v",
    "return u, -u, v",
)
change(
    "triplet_gradients",
    "In the anchor's gradient the two parts are added; the distance to the negative has a minus sign.",
    "return u - v, -u, v",
    "return u + v, -u, v",
)
change(
    "triplet_gradients",
    "The vectors are not divided by their lengths: this is the gradient of half the squared distances.",
    " / d_p.clamp(min=1e-30)",
    "",
    " / d_n.clamp(min=1e-30)",
    "",
)
change(
    "triplet_gradients",
    "These are gradients of squared distances; the loss has plain ones.",
    "active * to_p / d_p.clamp(min=1e-30)",
    "2 * active * to_p",
    "active * to_n / d_n.clamp(min=1e-30)",
    "2 * active * to_n",
)
change(
    "triplet_gradients",
    "Triplets whose term is 0 get a gradient, too.",
    "(d_p - d_n + m > 0) / len(a)",
    "(d_p - d_n + m > -torch.inf) / len(a)",
)
change(
    "triplet_gradients",
    "A triplet whose sum is exactly 0 gets a gradient; its term is 0.",
    "m > 0",
    "m >= 0",
)
change(
    "triplet_gradients",
    "A distance of 0 gives 0 / 0, which is NaN.",
    "d_p.clamp(min=1e-30)",
    "d_p",
    "d_n.clamp(min=1e-30)",
    "d_n",
)
change(
    "triplet_gradients",
    "The margin is missing where it is decided which triplets count.",
    "d_p - d_n + m > 0",
    "d_p - d_n > 0",
)
change(
    "triplet_gradients",
    "The margin has the wrong sign.",
    "d_p - d_n + m > 0",
    "d_p - d_n - m > 0",
)
change(
    "triplet_gradients",
    "Squared distances decide which triplets count; the loss has plain ones.",
    "d_p - d_n + m > 0",
    "d_p**2 - d_n**2 + m > 0",
)
change(
    "triplet_gradients",
    "The gradients for the positives and the negatives are exchanged.",
    "return u - v, -u, v",
    "return u - v, v, -u",
)

change(
    "triplet_gradients",
    "All distances are squared, also where it is decided which triplets count; the loss has plain ones.",
    "(d_p - d_n + m > 0)",
    "(d_p**2 - d_n**2 + m > 0)",
    "active * to_p / d_p.clamp(min=1e-30)",
    "2 * active * to_p",
    "active * to_n / d_n.clamp(min=1e-30)",
    "2 * active * to_n",
)

# -- pairs_loss -----------------------------------------------------------------------------------------------

change(
    "pairs_loss",
    "The margin is compared with the squared distance; with the plain one, and the difference is squared.",
    "(m - d).clamp(min=0).square()",
    "(m - d.square()).clamp(min=0)",
)
change(
    "pairs_loss",
    "The difference to the margin is not squared.",
    "(m - d).clamp(min=0).square()",
    "(m - d).clamp(min=0)",
)
change(
    "pairs_loss",
    "Pairs of the same class are pushed apart here, and pairs of different classes pulled together.",
    "pulled, pushed).mean()",
    "pushed, pulled).mean()",
)
change(
    "pairs_loss",
    "The mean runs over all n² entries, each embedding with itself among them; there are n (n - 1) / 2 pairs.",
    "torch.where(y[i] == y[j], pulled, pushed).mean() / 2",
    "torch.where(y[i] == y[j], pulled, pushed).sum() / len(E) ** 2",
)
change(
    "pairs_loss",
    "The terms are added up; their mean over the pairs is asked for.",
    "pushed).mean() / 2",
    "pushed).sum() / 2",
)
change("pairs_loss", "The factor one half is missing.", ".mean() / 2", ".mean()")
change(
    "pairs_loss",
    "The margin is compared with the squared distance; with the plain one.",
    "(m - d).clamp(min=0).square()",
    "(m - d.square()).clamp(min=0).square()",
)
change("pairs_loss", "Each embedding is paired with itself, too.", "offset=1", "offset=0")
change(
    "pairs_loss",
    "Pairs beyond the margin pay, too: the maximum with 0 is missing.",
    "(m - d).clamp(min=0).square()",
    "(m - d).square()",
)
change(
    "pairs_loss",
    "The loss is divided by the number of embeddings; there are n (n - 1) / 2 pairs.",
    "torch.where(y[i] == y[j], pulled, pushed).mean() / 2",
    "torch.where(y[i] == y[j], pulled, pushed).sum() / len(E) / 2",
)
change(
    "pairs_loss",
    "The gradient of a square root at 0 is infinite, and 0 times infinity is NaN.",
    "torch.linalg.vector_norm(E[i] - E[j], dim=1)",
    "(E[i] - E[j]).square().sum(dim=1).sqrt()",
)
change(
    "pairs_loss",
    "A batch of one gives NaN, the mean of no numbers; a ValueError is asked for.",
    "if len(E) < 2:",
    "if len(E) < 1:",
)
change(
    "pairs_loss",
    "Pairs of the same class are averaged among themselves, and so are the others; the mean runs over all pairs together.",
    "torch.where(y[i] == y[j], pulled, pushed).mean() / 2",
    "(pulled[y[i] == y[j]].mean() + pushed[y[i] != y[j]].mean()) / 2",
)
change(
    "pairs_loss",
    "Pairs of the same class pay their plain distance; they pay its square.",
    "d.square(), (m",
    "d, (m",
)
change(
    "pairs_loss",
    "The distance is the sum of the absolute differences; it is the Euclidean one.",
    "torch.linalg.vector_norm(E[i] - E[j], dim=1)",
    "(E[i] - E[j]).abs().sum(dim=1)",
)
change(
    "pairs_loss",
    "Only neighbours in the batch are compared; all pairs belong to the loss.",
    "torch.triu_indices(len(E), len(E), offset=1)",
    "(torch.arange(len(E) - 1), torch.arange(len(E) - 1) + 1)",
)

# -- contraction ----------------------------------------------------------------------------------------------

change(
    "contraction",
    "The slope of the logistic function is missing.",
    "(h * (1 - h))[:, :, None] * ((W2",
    "torch.ones_like(h)[:, :, None] * ((W2",
)
change(
    "contraction",
    "1 - h² is the slope of tanh; that of the logistic function is h (1 - h).",
    "(h * (1 - h))",
    "(1 - h * h)",
)
change(
    "contraction",
    "The ReLU is left out of the Jacobian: units at 0 hand nothing on.",
    "W2 * on[:, None]",
    "W2 * torch.ones_like(z1)[:, None]",
)
change(
    "contraction",
    "The ReLU is left out of the code as well as of the Jacobian.",
    "z1.relu()",
    "z1",
    "W2 * on[:, None]",
    "W2 * torch.ones_like(z1)[:, None]",
)
change(
    "contraction",
    "The hidden activations stand where their slope, 0 or 1, belongs.",
    "on = z1 > 0",
    "on = z1.relu()",
)
change(
    "contraction",
    "The penalties are added up over the batch; their mean is asked for.",
    ".sum(dim=(1, 2)).mean()",
    ".sum()",
)
change(
    "contraction",
    "The mean runs over all entries of the Jacobians; they are added up, and only the pictures averaged.",
    ".sum(dim=(1, 2)).mean()",
    ".mean()",
)
change(
    "contraction",
    "This is the norm itself; its square is asked for.",
    ".sum(dim=(1, 2)).mean()",
    ".sum(dim=(1, 2)).sqrt().mean()",
)
change(
    "contraction",
    "The Jacobians are averaged before they are squared; each picture has a penalty of its own.",
    "J.square().sum(dim=(1, 2)).mean()",
    "J.mean(dim=0).square().sum()",
)
change(
    "contraction",
    "The biases of the hidden layer are left out: they decide which units are positive.",
    "z1 = X @ W1.T + b1",
    "z1 = X @ W1.T",
)
change(
    "contraction",
    "The biases of the code are left out: the slope of the logistic function depends on them.",
    "W2.T + b2",
    "W2.T",
)
change(
    "contraction",
    "The slope of the logistic function is taken at the code itself; h is a value of that function already.",
    "(h * (1 - h))",
    "(h.sigmoid() * (1 - h.sigmoid()))",
)
change(
    "contraction",
    "The squares of the two matrices are multiplied; it is their product that is squared.",
    "((W2 * on[:, None]) @ W1)  # (n, k, d)\n    return J.square()",
    "((W2 * on[:, None]).square() @ W1.square()).sqrt()  # (n, k, d)\n    return J.square()",
)
change(
    "contraction",
    "The penalty is halved; there is no such factor in it.",
    ".sum(dim=(1, 2)).mean()",
    ".sum(dim=(1, 2)).mean() / 2",
)

# -- area_with_error ------------------------------------------------------------------------------------------

change(
    "area_with_error",
    "A tie counts as a pair in the wrong order; it counts one half.",
    "((u[:, None] - v).sign() + 1) / 2",
    "(u[:, None] > v).double()",
)
change(
    "area_with_error",
    "A tie counts as a pair in the right order; it counts one half.",
    "((u[:, None] - v).sign() + 1) / 2",
    "(u[:, None] >= v).double()",
)
change(
    "area_with_error",
    "The order is turned round: an anomaly has the larger score.",
    "(u[:, None] - v)",
    "(v - u[:, None])",
)
change(
    "area_with_error",
    "The root is missing: this is the squared standard error.",
    "error.sqrt()",
    "error",
)
change(
    "area_with_error",
    "The variances are divided by the number, not by one less.",
    "mean(dim=1).var()",
    "mean(dim=1).var(correction=0)",
    "mean(dim=0).var()",
    "mean(dim=0).var(correction=0)",
)
change(
    "area_with_error",
    "The two numbers are exchanged: the variance over the anomalies is divided by their number.",
    "var() / len(u)",
    "var() / len(v)",
    "var() / len(v)\n    return",
    "var() / len(u)\n    return",
)
change(
    "area_with_error",
    "The variance over the ordinary pictures is missing.",
    "error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "error = wins.mean(dim=1).var() / len(u)",
)
change(
    "area_with_error",
    "The variance over the anomalies is missing.",
    "error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "error = wins.mean(dim=0).var() / len(v)",
)
change(
    "area_with_error",
    "The variances are not divided by the numbers of pictures: this does not shrink with more of them.",
    "wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "wins.mean(dim=1).var() + wins.mean(dim=0).var()",
)
change(
    "area_with_error",
    "The pairs are taken for independent; each picture stands in many of them.",
    "error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "error = wins.mean() * (1 - wins.mean()) / wins.numel()",
)
change(
    "area_with_error",
    "This is the error of a share of all pictures; the area is a share of pairs.",
    "error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "error = wins.mean() * (1 - wins.mean()) / len(scores)",
)
change(
    "area_with_error",
    "The two standard errors are added; their squares are.",
    "error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "error = ((wins.mean(dim=1).var() / len(u)).sqrt() + (wins.mean(dim=0).var() / len(v)).sqrt()).square()",
)
change(
    "area_with_error",
    "With one picture of a kind there is no variance: a ValueError is asked for, not NaN.",
    "< 2:",
    "< 1:",
)
change(
    "area_with_error",
    "The order is turned round: an anomaly has the larger score.",
    "scores[anomalous], scores[~anomalous]",
    "scores[~anomalous], scores[anomalous]",
)
# -- through_rounding -----------------------------------------------------------------------------------------

change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "    return found",
    "    return x",
)
change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "(x - 0.15).clamp(min=0), (x + 0.15).clamp(max=1)",
    "(x - 0.001).clamp(min=0), (x + 0.001).clamp(max=1)",
)
change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "(x - 0.15).clamp(min=0), (x + 0.15).clamp(max=1)",
    "(x - 0.4).clamp(min=0), (x + 0.4).clamp(max=1)",
)
change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "    return found",
    "    return (x + 0.3).clamp(max=1)",
)
change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "better = now > best",
    "better = now < best",
)
change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "    return found",
    "    return (4 * x).round() / 4",
)
change(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
    "    return found",
    "    return 1 - x",
)


@slip(
    "through_rounding",
    "No picture counts as a hit: each is taken for another class than its target, or has left the ball or 0..1.",
)
def along_the_gradient(ask, x: Tensor, t: Tensor) -> Tensor:
    leaf = x.clone().requires_grad_()
    (g,) = torch.autograd.grad(torch.nn.functional.cross_entropy(ask(leaf), t), leaf)
    return (x - 0.15 * g.sign()).clamp(0, 1)


# -- mutants that compute the same ------------------------------------------------------------------------------

equivalent(
    "round_attack",
    "A length of 0 is divided by another small number.",
    "found = found + alpha * g / lengths(g).clamp(min=2e-30)",
    "change = change * (eps / lengths(change).clamp(min=2e-30)).clamp(max=1)",
)
equivalent(
    "boundary_distance",
    "The norms of a vector and of its opposite are the same.",
    "size = torch.linalg.vector_norm(W - W[best][:, None], ord=dual, dim=2)  # (n, classes)",
)
equivalent(
    "simba",
    "There is one picture.",
    "p, queries = ask(x[None])[-1], 1",
    "q, queries = ask(trial.reshape(1, *x.shape))[-1], queries + 1",
)
equivalent(
    "triplet_gradients",
    "A distance of 0 is divided by another small number.",
    "u = active * to_p / d_p.clamp(min=2e-30)",
    "v = active * to_n / d_n.clamp(min=2e-30)",
)
equivalent(
    "pairs_loss",
    "Counted from the end, the pairs are the same ones.",
    "i, j = -torch.triu_indices(len(E), len(E), offset=1)",
)
equivalent(
    "pairs_loss",
    "The lengths of a vector and of its opposite are the same.",
    "d = torch.linalg.vector_norm(E[j] - E[i], dim=1)",
)
equivalent(
    "contraction",
    "The Jacobian is squared: its sign does not count.",
    "J = -((h * (1 - h))[:, :, None] * ((W2 * on[:, None]) @ W1))  # (n, k, d)",
    "J = (h * (h - 1))[:, :, None] * ((W2 * on[:, None]) @ W1)  # (n, k, d)",
)
equivalent(
    "contraction",
    "The mean of all numbers does not depend on axes of length 1.",
    "return J.square().sum(dim=(1, 2), keepdim=True).mean()",
)
equivalent(
    "area_with_error",
    "The smaller of two numbers has no order.",
    "if min(len(v), len(u)) < 2:",
)
equivalent(
    "area_with_error",
    "The variance of all numbers does not depend on axes of length 1.",
    "error = wins.mean(dim=1, keepdim=True).var() / len(u) + wins.mean(dim=0).var() / len(v)",
    "error = wins.mean(dim=1).var() / len(u) + wins.mean(dim=0, keepdim=True).var() / len(v)",
)
equivalent(
    "through_rounding",
    "Any method may be used: the logit of the target alone carries far, too.",
    "return z[target]",
)
equivalent(
    "through_rounding",
    "The picture itself is never changed in place.",
    "found, best = x, lead(x)",
    "ends = [(found - 0.15).clamp(min=0), (x + 0.15).clamp(max=1)]",
    "ends = [(x - 0.15).clamp(min=0), (found + 0.15).clamp(max=1)]",
)
equivalent(
    "through_rounding",
    "Any method may be used: the two ends are tried in the other order.",
    "ends = [(x + 0.15).clamp(max=1), (x - 0.15).clamp(min=0)]",
)
equivalent(
    "through_rounding",
    "Any method may be used: one round is enough as a rule, and so are 63 pixels.",
    "for i in list(range(64)):",
    "for i in 2 * list(range(63)):",
)
equivalent(
    "through_rounding",
    "Any method may be used: a change that leaves the lead as it is may stay.",
    "better = now >= best",
)
equivalent(
    "through_rounding",
    "Any method may be used: each change is compared with the one before it.",
    "torch.where(better, now, now),",
)
equivalent(
    "through_rounding",
    "The last picture tried differs from the one found in one pixel at most.",
    "return trial",
)

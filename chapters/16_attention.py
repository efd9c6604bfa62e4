# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 16 Attention
#
# A recurrent network hands all that it has read on through one state. Attention lets each position of a sequence look at all others and choose what it takes from them. This chapter starts from a translator that fails on long inputs, adds attention to it, and ends with the transformer, which is built of attention, dense layers, residual connections and layer normalisation, and with its three families, each trained in small.
#
# Terms in bold are collected in the [glossary](glossary.md).

# %% [markdown]
# > **Study time** About 205 minutes. The core path, 90 minutes, is sections 16.3 to 16.7 and 16.10; sections marked *going further* can wait. The chapter has two parts: part two, the transformer, begins with section 16.9.

# %%
import itertools
import math
import time
from collections import Counter, abc, defaultdict

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_utils import check, data, plots, widgets
from course_utils.progress import progress

SEED = check.seed(16)


# %%
SYMBOLS = "abcdefghij"
PAD, SOS, EOS, UNK = range(4)  # the special tokens come first
N_TOKENS = 4 + len(SYMBOLS)  # size of the vocabulary

# %% [markdown]
# ## 16.1 How does a sequence become a row of numbers?
#
# *Going further.*
#
# A network gets whole numbers, one for each symbol of the vocabulary, and looks up a vector for each. Four numbers are kept for what is not a symbol. A **special token** is an entry of the vocabulary that stands for no symbol of the data. `SOS` starts a sequence and `EOS` ends it, so that a model can say that it is done; `UNK` takes the place of a symbol that the vocabulary lacks; `PAD` fills short sequences up, so that a batch is a rectangle.


# %%
class Vocabulary:
    """Symbols as whole numbers: the special tokens are 0 to 3, the symbols follow."""

    def __init__(self, symbols: str, unknown: bool = True):
        self.symbols, self.unknown = symbols, unknown
        self.index = {symbol: 4 + i for i, symbol in enumerate(symbols)}

    def encode(self, text: str) -> list[int]:
        if not text:
            raise ValueError("an empty sequence cannot be encoded")
        for symbol in text:
            if symbol not in self.index and not self.unknown:
                raise ValueError(f"{symbol!r} is not in the vocabulary {self.symbols!r}")
        return [self.index.get(symbol, UNK) for symbol in text] + [EOS]

    def decode(self, tokens: list[int]) -> str:
        end = tokens.index(EOS) if EOS in tokens else len(tokens)
        return "".join(self.symbols[t - 4] if t > UNK else "?" for t in tokens[:end] if t not in (PAD, SOS))  # fmt: skip


def padded(rows: list[list[int]]) -> Tensor:
    """Rows of tokens as one rectangle.   -> (number of rows, longest)"""
    return nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)


ALPHABET = Vocabulary(SYMBOLS)
y = padded([ALPHABET.encode(word) for word in ("cab", "headache", "fed")])
print(y)
check.close("there and back", [ALPHABET.decode(row.tolist()) for row in y], ["cab", "headache", "fed"])  # fmt: skip
check.close("a symbol that it lacks", ALPHABET.encode("axe"), [4, UNK, 8, EOS])
check.raises("without UNK", ValueError, lambda: Vocabulary(SYMBOLS, unknown=False).encode("axe"))  # fmt: skip
check.raises("an empty sequence", ValueError, lambda: ALPHABET.encode(""))

# %% [markdown]
# Padding must change nothing that is reported. The loss of a batch is the mean over its real tokens, with the mask $m_{it} = 1$ where target $y_{it}$ is not `PAD`:
#
# $$ L = -\frac{\sum_{i,t} m_{it} \log p_{it}(y_{it})}{\sum_{i,t} m_{it}} . \tag{16.1} $$
#
# `EOS` is a real token: without it among the targets a model never learns to stop.


# %%
def token_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy over the real tokens (eq. 16.1).   logits: (N, T, V), y: (N, T) -> ()"""
    if not (y == EOS).any(dim=1).all():
        raise ValueError("a target has no EOS: the model could not learn where it ends")
    log_p = logits.log_softmax(dim=-1).gather(2, y[..., None])[..., 0]
    real = y != PAD
    return -(log_p * real).sum() / real.sum()


rng = torch.Generator().manual_seed(SEED)
logits = data.normal(rng, *y.shape, N_TOKENS)
moved = logits + 5 * data.normal(rng, *logits.shape) * (y == PAD)[..., None]
check.close("torch's", token_loss(logits, y), F.cross_entropy(logits.transpose(1, 2), y, ignore_index=PAD))  # fmt: skip
check.close("other logits at the padding", token_loss(moved, y), token_loss(logits, y))  # fmt: skip
check.catches("padding counted", lambda: check.close("loss", F.cross_entropy(logits.transpose(1, 2), y), token_loss(logits, y)))  # fmt: skip
check.raises("a target without its end", ValueError, lambda: token_loss(logits[:, :3], y[:, :3]))  # fmt: skip

# %% [markdown]
# A model that writes one token after the other gives the probability of a whole sequence as a product (chapter 15), so the logarithms add:
#
# $$ \log p(\mathbf y) = \sum_{t=1}^{T} \log p(y_t \mid y_1, \dots, y_{t-1}) . \tag{16.2} $$
#
# Which sequence is the most probable? **Greedy search** takes at each step the most probable next token. **Beam search** keeps at each step the $b$ most probable prefixes and extends each of them by every token; the number $b$ is the beam's width.


# %%
def beam_search(table: Tensor, width: int, most: int) -> tuple[float, list[int]]:
    """The best sequence found, of at most `most` tokens.   table[i, j]: log p of the token after i, j   (V, V, V)"""
    beam: list[tuple[float, list[int]]] = [(0.0, [SOS, SOS])]
    done = []
    for _ in range(most):
        grown = [(total + p, [*row, t]) for total, row in beam for t, p in enumerate(table[row[-2], row[-1]].tolist())]  # fmt: skip
        best = sorted(grown, key=lambda pair: -pair[0])[:width]
        done += [pair for pair in best if pair[1][-1] == EOS]
        beam = [pair for pair in best if pair[1][-1] != EOS]
    return max(done + beam)


# %%
def greedy_search(table: Tensor, most: int) -> tuple[float, list[int]]:
    total, row = 0.0, [SOS, SOS]
    for _ in range(most):
        if row[-1] != EOS:
            row = [*row, int(table[row[-2], row[-1]].argmax())]
            total += table[*row[-3:]].item()
    return total, row


def every_sequence(table: Tensor, row: list[int], most: int) -> float:
    """The largest log p of all continuations, each of them tried."""
    if row[-1] == EOS or most == 0:
        return 0.0
    each = enumerate(table[row[-2], row[-1]].tolist())
    return max(p + every_sequence(table, [row[-1], t], most - 1) for t, p in each if p > -math.inf)  # fmt: skip


# %% [markdown]
# The models here are random tables with three letters and `EOS`, in which the next token depends on the last two. Sequences end after five tokens at the latest, so that each of them can be tried.

# %%
WIDTHS, rng = (1, 2, 4, 8, 256), torch.Generator().manual_seed(SEED)
gaps, greedy = [], []  # log p of the best minus that of the one found
for _ in range(60):
    logits = 2 * data.normal(rng, 7, 7, 7)
    logits[..., [PAD, SOS, UNK]] = -math.inf
    table = logits.log_softmax(dim=-1)
    best = every_sequence(table, [SOS, SOS], 5)
    found = [beam_search(table, width, 5) for width in WIDTHS]
    gaps.append([best - total for total, _ in found])
    greedy.append((found[0], greedy_search(table, 5)))
missed = (torch.tensor(gaps) > 1e-9).double().mean(dim=0).tolist()
for width, share in zip(WIDTHS, missed, strict=True):
    print(f"beam of {width:3}: misses the most probable sequence in {share:.0%} of 60 tables")  # fmt: skip
check.close("a beam of 1 is greedy search", *zip(*greedy, strict=True))
check.close("a beam that drops nothing", missed[-1], 0.0)
check.reaches("share of tables in which greedy search misses", missed[0], at_least=0.2)
check.reaches("share in which a beam of 8 misses", missed[3], at_most=0.15)

# %% [markdown]
# Greedy search can miss, because a token that is likely now may lead to unlikely ones. In these tables a wider beam misses less often; a beam that drops nothing tries all. (A sum of logarithms favours short sequences, so in practice the sum is divided by a power of the length: exercise 16.5. And the most probable sequence is not always the best text: section 16.12 draws instead.)

# %% tags=["hide-input"]
widgets.predict(
    "The first token is a with probability 0.5 or b with 0.4. After a the best second token has probability 0.4, after b it has 0.9; then both sequences end. What is the probability of the sequence that a beam of 2 finds?",
    answer=0.36,
    tolerance=0.005,
    because="The beam keeps a and b and compares 0.5 · 0.4 = 0.2 with 0.4 · 0.9 = 0.36. Greedy search stays with a.",
    slips={
        "That is the sequence of greedy search, which has dropped b after the first step.": 0.2
    },
)

# %% [markdown]
# ## 16.2 Can one vector hold the whole input?
#
# *Going further.*
#
# The task is to reverse a word of 4 to 15 letters: the answer is known, and so is the input letter that each output letter needs. An **encoder-decoder** (sequence to sequence; Sutskever et al. 2014, Cho et al. 2014) reads the input into a vector and lets a second network write the output from it, token by token. Both are GRUs here:
#
# $$ \mathbf h_i = \operatorname{GRU}(\mathbf x_i, \mathbf h_{i-1}), \qquad \mathbf s_0 = \mathbf h_n, \qquad \mathbf s_t = \operatorname{GRU}(\mathbf y_{t-1}, \mathbf s_{t-1}), \qquad p_t = \operatorname{softmax}(W \mathbf s_t) . \tag{16.3} $$

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $\mathbf h_i$ | `H[:, i]` | state of the encoder at input $i$; `H` is $(N, n, d)$, both directions side by side |
# | $\mathbf s_t$ | `S[:, t]`, `s` | state of the decoder, $(N, T, d)$ and $(N, d)$ |
# | $y_t$ | `y[:, t]` | target, with `EOS` at its end, $(N, T)$; logits are $(N, T, V)$, $V$ = `N_TOKENS` |
# | $m_i$ | `real` | True where the input is no padding, $(N, n)$ |
#
# The encoder runs in both directions (section 15.8), each with half of the $d$ numbers, and gets its inputs packed, so that the backward direction does not start in the padding.


# %%
def reversals(n: int, shortest: int, longest: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Random words, and the same words backwards with EOS.   -> x (n, longest), y (n, longest + 1), padded"""
    lengths = torch.randint(shortest, longest + 1, (n,), generator=rng)
    words = [torch.randint(4, N_TOKENS, (int(m),), generator=rng).tolist() for m in lengths]
    rows = [(torch.tensor(w), torch.tensor([*w[::-1], EOS])) for w in words]
    x, y = (
        nn.utils.rnn.pad_sequence(list(part), batch_first=True)
        for part in zip(*rows, strict=True)
    )
    return x, y


class Encoder(nn.Module):
    """A GRU in both directions.   x: (N, n) -> H (N, n, d), last state (N, d)"""

    def __init__(self, d: int):
        super().__init__()
        self.embedding = nn.Embedding(N_TOKENS, 32, padding_idx=PAD)
        self.gru = nn.GRU(32, d // 2, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        lengths = (x != PAD).sum(dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(self.embedding(x), lengths, batch_first=True, enforce_sorted=False)  # fmt: skip
        H, last = self.gru(packed)
        H, _ = nn.utils.rnn.pad_packed_sequence(
            H, batch_first=True, total_length=x.shape[1]
        )
        return H, torch.cat([last[0], last[1]], dim=1)


class PlainDecoder(nn.Module):
    """A GRU that sees the input only as its first state.   y: (N, T), s: (N, d) -> logits (N, T, V), s"""

    def __init__(self, d: int):
        super().__init__()
        self.embedding = nn.Embedding(N_TOKENS, 32)
        self.gru = nn.GRU(32, d, batch_first=True)
        self.out = nn.Linear(d, N_TOKENS)

    def forward(self, y: Tensor, s: Tensor, H: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
        S, last = self.gru(self.embedding(y), s[None].contiguous())
        return self.out(S), last[0]


torch.manual_seed(SEED)
encoder, (x, _) = Encoder(10), reversals(3, 4, 9, torch.Generator().manual_seed(SEED))
H, last = encoder(x)
for i, m in enumerate((x != PAD).sum(dim=1).tolist()):
    alone = encoder(x[i : i + 1, :m])
    check.close(f"word {i} alone and in the batch", (H[i, :m], last[i]), (alone[0][0], alone[1][0]))  # fmt: skip
unpacked = encoder.gru(encoder.embedding(x))[0]
check.catches("a GRU that reads the padding", lambda: check.close("states", unpacked[x != PAD], H[x != PAD]))  # fmt: skip

# %% [markdown]
# **Teacher forcing** trains a decoder with the true previous tokens as its inputs, whatever it would have written itself. All steps can then be computed in one pass, and the loss is (16.1) with $p(y_t \mid y_{<t}, \mathbf x)$. At test time the true tokens are not known, and the decoder reads its own.


# %%
class Seq2Seq(nn.Module):
    """An encoder and a decoder.   x: (N, n), y: (N, T) -> logits (N, T, V), each from the TRUE tokens before"""

    def __init__(self, decoder: nn.Module, d: int):
        super().__init__()
        self.encoder, self.decoder = Encoder(d), decoder

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        H, s = self.encoder(x)
        before = F.pad(y[:, :-1], (1, 0), value=SOS)  # SOS, y_1, ..., y_{T-1}
        return self.decoder(before, s, H, x != PAD)[0]

    @torch.no_grad()
    def write(self, x: Tensor, steps: int) -> Tensor:
        """Greedy search: each token from the model's OWN tokens before.   -> (N, steps)"""
        (H, s), token, written = self.encoder(x), torch.full((len(x), 1), SOS), []
        for _ in range(steps):
            logits, s = self.decoder(token, s, H, x != PAD)
            token = logits.argmax(dim=-1)
            written.append(token)
        return torch.cat(written, dim=1)


def train_reversal(kind: type[nn.Module], d: int = 64, steps: int = 200) -> Seq2Seq:
    """Adam on new words of 4 to 15 letters in each step, the same words for each network."""
    torch.manual_seed(SEED)
    net, rng = Seq2Seq(kind(d), d), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
    for _ in progress(range(steps), f"{kind.__name__}, d = {d}"):
        x, y = reversals(64, 4, 15, rng)
        optimizer.zero_grad()
        token_loss(net(x, y), y).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return net.requires_grad_(False)


# %%
LENGTHS = (4, 6, 8, 10, 12, 15, 18)
UNSEEN = {m: reversals(200, m, m, torch.Generator().manual_seed(SEED + 1000 * m)) for m in LENGTHS}  # fmt: skip


def reversal_scores(net: Seq2Seq) -> dict[str, list[float]]:
    """By length: share of whole words right, and of letters right after the net's own tokens and after true ones."""
    found: dict[str, list[float]] = {"words": [], "letters, own": [], "letters, true": []}  # fmt: skip
    for m, (x, y) in UNSEEN.items():
        own, true = net.write(x, m + 1) == y, net(x, y).argmax(dim=-1) == y
        for name, share in zip(found, (own.all(dim=1), own, true), strict=True):
            found[name].append(share.double().mean().item())
    return found


plain = {d: train_reversal(PlainDecoder, d) for d in (64, 128)}
by_length = {f"d = {d}": reversal_scores(net) for d, net in plain.items()}
print("letters in the word".ljust(24), *(f"{m:5}" for m in LENGTHS))
for (size, found), net in zip(by_length.items(), plain.values(), strict=True):
    for name, row in found.items():
        print(f"{size}, {name}".ljust(24), *(f"{share:5.2f}" for share in row))
    print(f"{size}, weights".ljust(24), sum(p.numel() for p in net.parameters()))
x, y = UNSEEN[12]
check.close("the first letter: no tokens before it", plain[64].write(x, 1)[:, 0], plain[64](x, y)[:, 0].argmax(dim=-1))  # fmt: skip

# %%
small, wide = by_length.values()
check.reaches("words of 4 letters", small["words"][0], at_least=0.5)
check.reaches("words of 15 letters", small["words"][5], at_most=0.1)
check.reaches("words of 15 letters, twice the state", wide["words"][5], at_most=0.15)
check.reaches("words of 8 letters: twice the state minus d = 64", wide["words"][2] - small["words"][2], at_least=0.02)  # fmt: skip
check.reaches("letters of 12: after true tokens minus after its own", small["letters, true"][4] - small["letters, own"][4], at_least=0.08)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("without attention", x="letters in the word", y="share right", size=(4.2, 2.8))  # fmt: skip
ax.plot(LENGTHS, small["words"], "o-", label="words, $d = 64$")
ax.plot(LENGTHS, wide["words"], "o-", label="words, $d = 128$")
ax.plot(
    LENGTHS,
    small["letters, true"],
    "--",
    color=plots.BLUE,
    label="letters, true tokens before",
)
ax.plot(
    LENGTHS,
    small["letters, own"],
    ":",
    color=plots.BLUE,
    label="letters, own tokens before",
)
ax.axvline(15, color="grey", linestyle=":")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncol=2)
plots.show(fig, alt="The share of words that are right is high at 4 letters and near 0 from 10 letters on; with a state twice as large it falls later. Letters after true tokens are right more often than letters after own tokens. A dotted line marks 15 letters, the longest trained words.")  # fmt: skip

# %% [markdown]
# After these 200 steps most words of four letters are right, and those of fifteen are wrong; a state twice as large, with three times the weights, moves the fall to longer words. All that the decoder knows of the input is in $\mathbf s_0$, whose size does not grow with the input. The dotted line marks 15 letters, the longest words of the training.

# %% [markdown]
# **Exposure bias** is the loss of quality at test time of a model that was trained on true prefixes and then continues its own (Ranzato et al. 2016). It is the gap between the two lines of letters: the first letter, which has nothing before it, is the same in both.

# %% tags=["hide-input"]
widgets.choose(
    "A decoder is trained with teacher forcing, but its inputs are the targets y_1 ... y_T in place of SOS, y_1 ... y_{T−1}. What happens?",
    {
        "The training loss goes to zero, and the output at test time is useless": True,
        "Training fails: the loss stays high": "Each input is the target itself; to copy it is easy.",
        "Nothing changes: the true tokens are given either way": "The token of this step must not be among them: it is what is to be predicted.",
    },
    because="The network learns to copy its input of the same step. At test time that input is its own last token.",
)

# %% [markdown]
# ## 16.3 How can the decoder look back at the input?
#
# *This section uses `by_length` from section 16.2.*
#
# The translator of section 16.2 reverses words: a GRU reads the word, a second one, the decoder, starts from its last state and writes. It fails on long words.

# %% [markdown]
# The encoder has a state for each input; only the last was used. Now the decoder compares its state with all of them at each step and takes what fits. An **attention score** is a number that says how well one vector, such as a decoder's state, fits another, such as an encoder's state. Here the two are $\mathbf s$ and $\mathbf h_i$. Luong et al. (2015) use the dot product, plain or with a matrix (*general*), Bahdanau et al. (2015) a small network (*additive*):
#
# $$ e_i = \mathbf s^\top \mathbf h_i, \qquad e_i = \mathbf s^\top W \mathbf h_i, \qquad e_i = \mathbf v^\top \tanh(W_q \mathbf s + W_k \mathbf h_i) . \tag{16.4} $$

# %% [markdown]
# An **attention weight** is a score after a softmax over the inputs: the weights of one query are positive and sum to one. The **context vector** is the mean of the encoder's states, weighted by the attention weights.
#
# $$ \alpha_i = \frac{e^{e_i}}{\sum_j e^{e_j}}, \qquad \mathbf c = \sum_{i=1}^{n} \alpha_i \mathbf h_i \tag{16.5} $$
#
# Padding gets no weight: its score is replaced by a very low number before the softmax.


# %%
def dot_scores(S: Tensor, H: Tensor) -> Tensor:
    """S: (N, T, d), H: (N, n, d) -> (N, T, n)"""
    return S @ H.transpose(1, 2)


def general_scores(S: Tensor, H: Tensor, W: Tensor) -> Tensor:
    """S: (N, T, d_s), H: (N, n, d_h), W: (d_s, d_h) -> (N, T, n)"""
    return S @ W @ H.transpose(1, 2)


def additive_scores(S: Tensor, H: Tensor, W_q: Tensor, W_k: Tensor, v: Tensor) -> Tensor:
    """S: (N, T, d_s), H: (N, n, d_h), W_q: (a, d_s), W_k: (a, d_h), v: (a,) -> (N, T, n)"""
    return ((S @ W_q.T)[:, :, None] + (H @ W_k.T)[:, None]).tanh() @ v


def context_vectors(scores: Tensor, H: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """Context vectors and weights (eq. 16.5).   scores: (N, T, n), real: (N, n) -> (N, T, d), (N, T, n)"""
    weights = scores.masked_fill(~real[:, None], torch.finfo(scores.dtype).min).softmax(dim=-1)  # fmt: skip
    return weights @ H, weights


# %%
rng = torch.Generator().manual_seed(SEED)
S, H, same = data.normal(rng, 2, 3, 5), data.normal(rng, 2, 4, 6), data.normal(rng, 2, 4, 5)
W, W_q, W_k, v = (data.normal(rng, *size) for size in ((5, 6), (7, 5), (7, 6), (7,)))
expected = torch.zeros(3, 2, 3, 4).double()
for b, t, i in itertools.product(range(2), range(3), range(4)):
    s, h = S[b, t], H[b, i]
    expected[0, b, t, i] = sum(s[j] * same[b, i, j] for j in range(5))
    expected[1, b, t, i] = sum(s[j] * W[j, k] * h[k] for j in range(5) for k in range(6))
    expected[2, b, t, i] = sum(v[a] * torch.tanh(W_q[a] @ s + W_k[a] @ h) for a in range(7))
check.close("dot", dot_scores(S, same), expected[0])
check.close("general", general_scores(S, H, W), expected[1])
check.close("additive", additive_scores(S, H, W_q, W_k, v), expected[2])
check.catches("the cosine taken for the dot product", lambda: check.close("scores", F.cosine_similarity(S[:, :, None], same[:, None], dim=-1), dot_scores(S, same)))  # fmt: skip
check.catches("no v: a vector in place of a score", lambda: check.close("scores", ((S @ W_q.T)[:, :, None] + (H @ W_k.T)[:, None]).tanh(), expected[2]))  # fmt: skip

# %% [markdown]
# (The notes call the dot product a cosine similarity; the two agree for unit vectors only. Their additive score lacks $\mathbf v$, and without it there is a vector where the softmax needs a number.)
#
# The two papers also differ in *which* state asks. Luong's decoder takes its step first and looks back with the new state $\mathbf s_t$; the context goes into the output alone (the input feeding of the paper is left out). Bahdanau's looks back with the previous state $\mathbf s_{t-1}$, since the context enters the step:
#
# $$ \text{Luong: } p_t = \operatorname{softmax}(W_o \tanh(W_c [\mathbf c_t; \mathbf s_t])), \qquad \text{Bahdanau: } \mathbf s_t = \operatorname{GRU}([\mathbf y_{t-1}; \mathbf c_t], \mathbf s_{t-1}) . \tag{16.6} $$


# %%
class LuongDecoder(nn.Module):
    """General scores from the new states.   y: (N, T), s: (N, d), H: (N, n, d) -> logits (N, T, V), s"""

    def __init__(self, d: int):
        super().__init__()
        self.embedding = nn.Embedding(N_TOKENS, 32)
        self.gru = nn.GRU(32, d, batch_first=True)
        self.W = nn.Linear(d, d, bias=False)
        self.out = nn.Sequential(nn.Linear(2 * d, d), nn.Tanh(), nn.Linear(d, N_TOKENS))

    def forward(self, y: Tensor, s: Tensor, H: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
        S, last = self.gru(self.embedding(y), s[None].contiguous())
        scores = general_scores(S, H, self.W.weight)
        context, self.weights = context_vectors(scores, H, real)
        return self.out(torch.cat([context, S], dim=-1)), last[0]


class BahdanauDecoder(nn.Module):
    """Additive scores from the PREVIOUS state; the context enters the step."""

    def __init__(self, d: int):
        super().__init__()
        self.embedding, self.cell = nn.Embedding(N_TOKENS, 32), nn.GRUCell(32 + d, d)
        self.W_q, self.W_k = nn.Linear(d, 32, bias=False), nn.Linear(d, 32, bias=False)
        self.v = nn.Parameter(torch.randn(32) / 32**0.5)
        self.out = nn.Linear(2 * d + 32, N_TOKENS)

    def forward(self, y: Tensor, s: Tensor, H: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:  # fmt: skip
        outputs, weights = [], []
        for token in self.embedding(y).unbind(dim=1):
            scores = additive_scores(s[:, None], H, self.W_q.weight, self.W_k.weight, self.v)  # fmt: skip
            context, alpha = context_vectors(scores, H, real)
            s = self.cell(torch.cat([token, context[:, 0]], dim=1), s)
            outputs.append(torch.cat([s, context[:, 0], token], dim=1))
            weights.append(alpha)
        self.weights = torch.cat(weights, dim=1)
        return self.out(torch.stack(outputs, dim=1)), s


# %% [markdown]
# Both are trained as the decoders of section 16.2 were: the same words, the same 200 steps. The alignment of this task is known: output letter $t$ of a word of $n$ letters is input letter $n + 1 - t$. So it can be tested whether the weights point there.


# %%
def alignment(net: Seq2Seq, x: Tensor, y: Tensor) -> tuple[float, float]:
    """How often the largest weight lies on the input letter that is needed, and at most one place from it."""
    net(x, y)
    real = y > UNK
    needed = (x != PAD).sum(dim=1, keepdim=True) - 1 - torch.arange(y.shape[1])
    off = (net.decoder.weights.argmax(dim=-1) - needed).abs()[real]
    return (off == 0).double().mean().item(), (off <= 1).double().mean().item()


x, y = reversals(200, 4, 15, torch.Generator().manual_seed(SEED + 1))
nets, found = {}, {}
for kind in (LuongDecoder, BahdanauDecoder):
    name = kind.__name__.removesuffix("Decoder")
    nets[name] = train_reversal(kind)
    untrained = alignment(train_reversal(kind, steps=2), x, y)
    trained = alignment(nets[name], x, y)
    found[name], by_length[name] = trained, reversal_scores(nets[name])
    count = sum(p.numel() for p in nets[name].parameters())
    print(f"{name:8} {count} weights; words right by length", *(f"{share:.2f}" for share in by_length[name]["words"]))  # fmt: skip
    print(f"{'':8} largest weight on the letter needed {trained[0]:.2f} (untrained {untrained[0]:.2f}), at most one place off {trained[1]:.2f} (untrained {untrained[1]:.2f})")  # fmt: skip

# %%
for name in nets:
    check.reaches(f"{name}: words of 12 letters", by_length[name]["words"][4], at_least=0.6)
    check.reaches(f"{name}: words of 15 letters, more than d = 128 without attention", by_length[name]["words"][5] - by_length["d = 128"]["words"][5], at_least=0.3)  # fmt: skip
    check.reaches(f"{name}: largest weight at most one place off", found[name][1], at_least=0.9)  # fmt: skip
    check.reaches(f"{name}: exposure bias at 12 letters", by_length[name]["letters, true"][4] - by_length[name]["letters, own"][4], at_most=0.08)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("words right", x="letters in the word", y="share", size=(3.5, 2.8))
for (name, row), mark in zip(by_length.items(), ("o:", "s:", "o-", "s-"), strict=True):
    ax.plot(LENGTHS, row["words"], mark, label=name if name in nets else f"none, {name}")
ax.set_xticks([4, 6, 8, 10, 12, 15, 18])
ax.axvline(15, color="grey", linestyle=":")
ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncol=2)
maps, word = [], "bigfacehid"
x = torch.tensor([ALPHABET.encode(word)[:-1]])
for name, net in nets.items():
    net(x, torch.tensor([ALPHABET.encode(word[::-1])]))
    map_, axes = plots.panel(name, x="input", y="output", size=(2.3, 2.5))
    axes.imshow(net.decoder.weights[0], cmap="Greys", vmin=0, vmax=1)
    axes.grid(False)
    axes.set_xticks(range(10), list(word))
    axes.set_yticks(range(11), [*word[::-1], "end"])
    maps.append(map_)
plots.show(fig, *maps, alt=["With attention nearly all words of up to 12 letters are right, without it only short ones; beyond the trained 15 letters all fall.", "Luong: a dark line from the upper right to the lower left: nearly each output letter looks at the input letter that it needs.", "Bahdanau: the same line, wider: the weight is shared by neighbouring letters."])  # fmt: skip

# %% [markdown]
# The map of the attention weights, output by input, is called a gating map in the notes. Here it runs from the upper right to the lower left, as a reversal must. Bahdanau's may lie one letter beside the one needed, since the state at a neighbouring place has read that letter, too: with an encoder that reads each letter alone, with its place, this becomes rare (run, not shown).

# %% [markdown]
# Both decoders have fewer weights than the wide network of section 16.2 and write words on which that one fails. Where most letters are right, true and own tokens differ little, so the exposure bias is small. To the right of the dotted line, on lengths never trained, both fall as well.

# %% tags=["hide-input"]
widgets.choose(
    "Could Bahdanau's decoder compute its scores from the new state s_t, as Luong's does?",
    {
        "No: s_t is computed from the context, and the context from the scores": True,
        "Yes: it makes no difference which state is used": "Look at (16.6): what does the step that gives the new state need as an input?",
        "Yes, if the sizes of the states agree": "Additive scores need no equal sizes. The order of the computation is what decides.",
    },
    because="In Bahdanau's model the context is an input of the step, so only the previous state is known when the scores are computed. Luong's context enters after the step.",
)

# %% [markdown]
# ## 16.4 What are queries, keys and values?
#
# In (16.5) the encoder's states do two jobs: they are compared, and they are averaged. Vaswani et al. (2017) give each job a vector of its own. A **query** is the vector of a position that is compared with the keys. A **key** is the vector of a position with which queries are compared. A **value** is the vector of a position that enters the mean with the attention weights. The keys and the values come in pairs; the queries may be of another number.

# %% [markdown]
# **Scaled dot-product attention** is the mean of the values with weights that are a softmax of the dot products of query and keys, divided by the root of their size.
#
# $$ \operatorname{attention}(Q, K, V) = \operatorname{softmax}\!\Big( \frac{Q K^\top}{\sqrt{d_k}} \Big) V \tag{16.7} $$

# %% [markdown]
# | symbol | name | meaning |
# |---|---|---|
# | $Q$ | `q` | queries, $(n, d_k)$, any number of axes before |
# | $K, V$ | `k`, `v` | keys $(m, d_k)$ and values $(m, d_v)$ |
# | $M$ | `mask` | $(n, m)$, True where a query may see a key (section 16.5) |
#
# The softmax runs over the keys, so each row of the weights sums to one.


# %%
def attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Scaled dot-product attention (eq. 16.7); mask: True = may be seen; a row that sees nothing gives zeros.
    q: (..., n, d_k), k: (..., m, d_k), v: (..., m, d_v), mask: broadcasts to (..., n, m) -> (..., n, d_v), (..., n, m)"""
    scores = q @ k.transpose(-2, -1) / math.sqrt(k.shape[-1])
    if mask is None:
        weights = scores.softmax(dim=-1)
    else:
        lowest = torch.finfo(scores.dtype).min  # not -inf: a row of -inf would give 0/0
        weights = scores.masked_fill(~mask, lowest).softmax(dim=-1) * mask
    return weights @ v, weights


rng = torch.Generator().manual_seed(SEED)
q, k, v = data.normal(rng, 2, 3, 4), data.normal(rng, 2, 5, 4), 3 + data.normal(rng, 2, 5, 6)  # fmt: skip
output, weights = attention(q, k, v)
check.close("torch's", output, F.scaled_dot_product_attention(q, k, v))
check.close("rows of the weights", weights.sum(dim=-1), torch.ones(2, 3).double())
check.close("constant values", attention(q, k, 7 + 0 * v)[0], torch.full((2, 3, 6), 7.0).double())  # fmt: skip

# %% [markdown]
# The Milan notes put the softmax around the whole product: $\operatorname{softmax}(Q K^\top V / \sqrt{d_k})$. Which test tells the two apart? The shapes agree, all numbers are finite, and rows sum to one, though here those of the *output*.


# %%
def wrong_product(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The softmax around the wrong product."""
    return (q @ k.transpose(-2, -1) / k.shape[-1] ** 0.5 @ v).softmax(dim=-1)


wrong = wrong_product(q, k, v)
check.close("same shape", list(wrong.shape), list(output.shape))
check.close("rows of the wrong OUTPUT", wrong.sum(dim=-1), torch.ones(2, 3).double())
loop = torch.zeros(2, 3, 6).double()
for b, i in itertools.product(range(2), range(3)):
    e = [math.exp(sum(q[b, i, c] * k[b, j, c] for c in range(4)) / 2) for j in range(5)]
    loop[b, i] = sum(e[j] / sum(e) * v[b, j] for j in range(5))
check.close("values, by a loop", output, loop)
check.catches("the softmax around the wrong product", lambda: check.close("values", wrong, loop))  # fmt: skip
check.catches("the same, by constant values", lambda: check.close("7 everywhere", wrong_product(q, k, 7 + 0 * v), torch.full((2, 3, 6), 7.0).double()))  # fmt: skip

# %% [markdown]
# Only a test of the values catches it: a comparison with a loop, or the property that a mean of equal values is that value.
#
# Why the root of $d_k$? If the entries of a query and a key are independent, with mean 0 and variance 1, their dot product is a sum of $d_k$ terms of variance 1:
#
# $$ \operatorname{Var}(\mathbf q^\top \mathbf k) = d_k, \qquad \operatorname{Var}\big( \mathbf q^\top \mathbf k / \sqrt{d_k} \big) = 1 . \tag{16.8} $$

# %% [markdown]
# Logits with a large variance saturate the softmax: one weight is close to 1, and the derivatives $\partial \alpha_i / \partial e_j = \alpha_i (\delta_{ij} - \alpha_j)$ are close to 0. The figure measures both, with ten keys for each query.

# %%
D_K, rng = (4, 16, 64, 256, 1024), torch.Generator().manual_seed(SEED)
variances, sizes = {"plain": [], "scaled": []}, {"plain": [], "scaled": []}
for d in D_K:
    q, k = data.normal(rng, 1000, 1, d), data.normal(rng, 1000, 10, d)
    for name, scale in (("plain", 1.0), ("scaled", d**-0.5)):
        e = scale * (q @ k.transpose(1, 2))[:, 0]
        p = e.softmax(dim=-1)
        jacobian = torch.diag_embed(p) - p[:, :, None] * p[:, None]
        variances[name].append(e.var().item())
        sizes[name].append(jacobian.norm(dim=(1, 2)).median().item())
    print(f"d_k = {d:4}: variance {variances['plain'][-1]:7.1f}, scaled {variances['scaled'][-1]:.2f}; derivative of the softmax {sizes['plain'][-1]:.2g}, scaled {sizes['scaled'][-1]:.2g}")  # fmt: skip
check.close("variance over d_k", torch.tensor(variances["plain"]) / torch.tensor(D_K), torch.ones(5), rtol=0.15)  # fmt: skip
check.close("variance, scaled", torch.tensor(variances["scaled"]), torch.ones(5), rtol=0.15)
check.reaches("derivative, plain, at d_k = 1024 over d_k = 4", sizes["plain"][-1] / sizes["plain"][0], at_most=0.01)  # fmt: skip
check.reaches("derivative, scaled, at d_k = 1024 over d_k = 4", sizes["scaled"][-1] / sizes["scaled"][0], at_least=0.7)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("derivative of the softmax, ten keys", x="$d_k$", y="median norm", size=(3.7, 2.6), xscale="log", yscale="log")  # fmt: skip
for name, row in sizes.items():
    ax.plot(D_K, row, "o-", label=name)
ax.set_xticks(D_K, [str(d) for d in D_K])
ax.minorticks_off()
ax.legend(loc="lower left")
plots.show(fig, alt="Without scaling the derivative falls by several powers of ten as the size of the keys grows; with it, the line is flat.")  # fmt: skip

# %% [markdown]
# This holds at the start of training, where queries and keys are near independent. Training can enlarge the logits again, in both versions.

# %% tags=["hide-input"]
widgets.predict(
    "One query and two keys, d_k = 16. The dot products are 8 and 0. What is the weight of the first key, to three places?",
    answer=0.881,
    tolerance=0.003,
    because="8/√16 = 2, and e²/(e² + 1) = 0.881.",
    slips={
        "The dot products were not divided by the root of 16.": 1.0,
        "They were divided by 16, and not by its root.": 0.622,
    },
)

# %% [markdown]
# ## 16.5 Who may look at whom?
#
# **Self-attention** is attention whose queries, keys and values are computed from the same sequence. **Cross-attention** is attention whose queries come from one sequence and whose keys and values come from another. In both, three matrices that are learned make the three: $Q = X W_Q$, $K = Y W_K$, $V = Y W_V$, with $Y = X$ in self-attention. In a translator $X$ is the text written so far and $Y$ the encoder's output. (The notes say for self-attention that the values *are* the keys, and that the keys are a transform of the output. Both are transforms of the input, by two matrices.)

# %% [markdown]
# The lengths of $X$ and $Y$ differ in general: a test with equal lengths cannot see queries and keys exchanged.

# %%
rng = torch.Generator().manual_seed(SEED)
X, Y = data.normal(rng, 2, 3, 5), data.normal(rng, 2, 4, 6)  # 3 queries, 4 keys
W_q, W_k, W_v = (data.normal(rng, *size) for size in ((5, 7), (6, 7), (6, 2)))
output, weights = attention(X @ W_q, Y @ W_k, Y @ W_v)
print("output", tuple(output.shape), "weights", tuple(weights.shape))
expected = F.scaled_dot_product_attention(X @ W_q, Y @ W_k, Y @ W_v)
check.close("cross-attention", output, expected)
order = torch.tensor([2, 0, 3, 1])
check.close("keys and values reordered together", attention(X @ W_q, (Y @ W_k)[:, order], (Y @ W_v)[:, order])[0], expected)  # fmt: skip
check.catches("values reordered alone", lambda: check.close("output", attention(X @ W_q, Y @ W_k, (Y @ W_v)[:, order])[0], expected))  # fmt: skip
check.catches("the keys taken as values", lambda: check.close("output", attention(X @ W_q, Y @ W_k, Y @ W_k)[0], expected))  # fmt: skip

# %% [markdown]
# An **attention mask** says which keys each query may see. Two are needed. A padding mask hides the keys that are padding; it has one row for each sequence of the batch. A **causal mask** hides from each position all later ones, so that a model that predicts the next token cannot read it. It belongs to the model, in training and at test time alike; the notes mention it for training only. A hidden score is replaced by the lowest number *before* the softmax, so that the other weights still sum to one.


# %%
def causal_mask(n: int) -> Tensor:
    """True where position i (row) may see position j (column): j <= i.   -> (n, n)"""
    return torch.ones(n, n, dtype=torch.bool).tril()


x = data.normal(rng, 2, 5, 4)
before, early, own = attention(x, x, x, causal_mask(5))[0], [], []
for j in range(5):
    changed = x.clone()
    changed[:, j] += 1
    difference = attention(changed, changed, changed, causal_mask(5))[0] - before
    early.append(difference[:, :j].abs().sum().item())
    own.append(difference[:, j].norm(dim=-1).min().item())
check.close("token j changed: outputs before it, change", early, [0.0] * 5)
check.reaches("token j changed: its own output, smallest change", min(own), at_least=1e-3)
check.close("torch's", before, F.scaled_dot_product_attention(x, x, x, is_causal=True))
late = attention(x, x, x)[1] * causal_mask(5)  # masked after the softmax
check.catches("the mask after the softmax", lambda: check.close("rows", late.sum(dim=-1), torch.ones(2, 5).double()))  # fmt: skip
check.catches("one off: i sees i + 1", lambda: check.close("before", attention(x, x, x, torch.ones(5, 5).tril(1).bool())[0], before))  # fmt: skip

# %% [markdown]
# What if a query may see no key? A row of $-\infty$ gives $0/0$, and the NaN spreads to each sum that contains it. A row of equal low numbers gives equal weights on what is hidden. `attention` multiplies by the mask once more, so that the output is zero.

# %%
e = data.normal(rng, 2, 5)
hidden = torch.tensor([[True, True, False, True, False], [False] * 5])
nan = e.masked_fill(~hidden, -math.inf).softmax(dim=-1)
equal = e.masked_fill(~hidden, -1e9).softmax(dim=-1)
print("with -inf", nan[1].tolist(), "with -1e9", equal[1].tolist())
q, k, v = data.normal(rng, 2, 4).requires_grad_(), data.normal(rng, 5, 4), data.normal(rng, 5, 3)  # fmt: skip
output, weights = attention(q, k, v, hidden)
nothing = torch.zeros(3).double(), torch.zeros(5).double()
check.close("nothing to see", (output[1], weights[1]), nothing)
check.close("something to see", output[0], attention(q[0:1], k[hidden[0]], v[hidden[0]])[0][0])  # fmt: skip
output.sum().backward()
check.close("its gradient", q.grad[1], torch.zeros(4).double())

# %% [markdown]
# A padding mask $(N, m)$ has to meet weights $(N, \text{heads}, n, m)$: it needs two axes of size one. Folding the heads into the batch is where it goes wrong: the mask has to be repeated in the order in which sequences and heads are folded.

# %%
q, k, v = (data.normal(rng, 2, 3, n, 4) for n in (5, 6, 6))  # two sequences, three heads
real = torch.arange(6) < torch.tensor([[4], [6]])  # (2, 6): lengths 4 and 6
output = attention(q, k, v, real[:, None, None])[0]
check.close("the short sequence alone", output[0], attention(q[0], k[0, :, :4], v[0, :, :4])[0])  # fmt: skip
folded = [t.flatten(0, 1) for t in (q, k, v)]  # (6, ...): heads of the first sequence first
check.close("folded", attention(*folded, real.repeat_interleave(3, dim=0)[:, None])[0], output.flatten(0, 1))  # fmt: skip
check.catches("the mask repeated head first", lambda: check.close("folded", attention(*folded, real.repeat(3, 1)[:, None])[0], output.flatten(0, 1)))  # fmt: skip

# %% tags=["hide-input"]
widgets.predict(
    "Self-attention over 6 tokens with a causal mask; the last two tokens are padding and hidden as keys. How many of the 36 weights can differ from zero?",
    answer=18,
    tolerance=0.5,
    because="Rows 1 to 4 see 1, 2, 3 and 4 keys; rows 5 and 6, the padding itself, see the first four each: 10 + 8.",
    slips={
        "That is the causal mask alone.": 21,
        "The padding still asks as a query; only its keys are hidden.": 10,
        "That is the padding mask alone.": 24,
    },
)

# %% [markdown]
# ## 16.6 Why several heads?
#
# One softmax gives one mean for each query; two things that are needed from two places are mixed. **Multi-head attention** runs several attentions with smaller queries, keys and values side by side and joins their outputs by a linear layer. An **attention head** is one of the attentions that run side by side in multi-head attention.
#
# $$ \operatorname{head}_a = \operatorname{attention}(X W_Q^a, Y W_K^a, Y W_V^a), \qquad \operatorname{multihead}(X, Y) = [\operatorname{head}_1; \dots; \operatorname{head}_h]\, W_O \tag{16.9} $$

# %% [markdown]
# With $d_k = d_v = d_\text{model} / h$ the number of weights does not depend on the number of heads. The matrices of all heads stand side by side in one; so project first, then split. After attention the heads have to be moved back behind the positions before they are joined: a reshape alone mixes positions and heads, and neither a shape nor an error tells.


# %%
class MultiHead(nn.Module):
    """Multi-head attention (eq. 16.9).   query: (N, n, d_model), key, value: (N, m, d_model) -> (N, n, d_model)
    mask: True = may be seen, broadcasts to (N, heads, n, m); the weights of the last call stay in self.weights"""

    def __init__(self, d_model: int, heads: int):
        super().__init__()
        if d_model % heads:
            raise ValueError(f"d_model = {d_model} does not divide into {heads} heads")
        self.heads = heads
        self.W_q, self.W_k, self.W_v, self.W_o = (nn.Linear(d_model, d_model) for _ in range(4))  # fmt: skip

    def split(self, x: Tensor) -> Tensor:
        """(N, n, d_model) -> (N, heads, n, d_model / heads)"""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def forward(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None) -> Tensor:  # fmt: skip
        q, k, v = self.split(self.W_q(query)), self.split(self.W_k(key)), self.split(self.W_v(value))  # fmt: skip
        out, weights = attention(q, k, v, mask)
        self.weights = weights.detach()
        return self.W_o(out.transpose(1, 2).flatten(2))  # heads side by side again


# %% [markdown]
# The check copies the weights into torch's layer, with three heads, five queries and seven keys. Torch keeps the three input matrices in one.


# %%
def torchs(net: MultiHead) -> nn.MultiheadAttention:
    """torch's layer with the same weights."""
    d = net.W_q.in_features
    layer = nn.MultiheadAttention(d, net.heads, batch_first=True).to(net.W_q.weight)
    layer.in_proj_weight.data = torch.cat([net.W_q.weight, net.W_k.weight, net.W_v.weight]).detach()  # fmt: skip
    layer.in_proj_bias.data = torch.cat([net.W_q.bias, net.W_k.bias, net.W_v.bias]).detach()
    layer.out_proj.load_state_dict(net.W_o.state_dict())
    return layer


torch.manual_seed(SEED)
net, rng = MultiHead(12, 3).double(), torch.Generator().manual_seed(SEED)
X, Y = data.normal(rng, 2, 5, 12), data.normal(rng, 2, 7, 12)
real = torch.arange(7) < torch.tensor([[4], [7]])
expected, weights = torchs(net)(X, Y, Y, key_padding_mask=~real, average_attn_weights=False)  # fmt: skip
check.close("cross-attention with padding", net(X, Y, Y, real[:, None, None]), expected)
check.close("its weights", net.weights, weights)
masked = torchs(net)(X, X, X, attn_mask=~causal_mask(5))[0]  # torch: True = hidden
check.close("self-attention with a causal mask", net(X, X, X, causal_mask(5)), masked)
check.close("as many weights as with one head", sum(p.numel() for p in net.parameters()), sum(p.numel() for p in MultiHead(12, 1).parameters()))  # fmt: skip
check.raises("13 numbers for 3 heads", ValueError, lambda: MultiHead(13, 3))

# %%
q, k, v = net.split(net.W_q(X)), net.split(net.W_k(Y)), net.split(net.W_v(Y))
right, out = net(X, Y, Y), attention(q, k, v)[0]
check.catches("heads joined by a reshape alone", lambda: check.close("output", net.W_o(out.reshape(2, 5, 12)), right))  # fmt: skip
check.catches("divided by the root of d_model", lambda: check.close("output", net.W_o(attention(q / 3**0.5, k, v)[0].transpose(1, 2).flatten(2)), right))  # fmt: skip
unit, keys = data.normal(rng, 2000, 3, 5, 4), data.normal(rng, 2000, 3, 5, 4)
scaled = unit @ keys.transpose(-2, -1)
check.close("variance of the logits: root of d_k", (scaled / 4**0.5).var().item(), 1.0, rtol=0.05)  # fmt: skip
check.catches("variance of the logits: root of d_model", lambda: check.close("variance", (scaled / 12**0.5).var().item(), 1.0, rtol=0.05))  # fmt: skip
before, changed = net.weights.clone(), MultiHead(12, 3).double()
changed.load_state_dict(net.state_dict())
changed.W_q.weight.data[4:8] += 1  # the queries of the second head
changed(X, Y, Y)
check.close("first and third head unchanged", changed.weights[:, [0, 2]], before[:, [0, 2]])
check.catches("the second head changed", lambda: check.close("weights", changed.weights[:, 1], before[:, 1]))  # fmt: skip

# %% [markdown]
# Two things from two places: each sequence holds random vectors, and the answer for each position is *both* the vector before it and the vector after it. One head can look at one place, or at a mixture of both. The control is a single head with the same number of weights.

# %%
PLACES = 8


def neighbours(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Vectors of 4 numbers with their place, one-hot.   -> X (n, 8, 16), the two neighbours (n, 8, 8)"""
    values = torch.randn(n, PLACES, 4, generator=rng)
    place = torch.eye(PLACES).expand(n, -1, -1)
    y = torch.cat([values.roll(1, dims=1), values.roll(-1, dims=1)], dim=2)
    return torch.cat([values, place, torch.zeros(n, PLACES, 4)], dim=2), y


# %%
def neighbour_error(heads: int, steps: int = 300) -> float:
    torch.manual_seed(SEED)
    net, rng = MultiHead(16, heads), torch.Generator().manual_seed(SEED)
    head = nn.Linear(16, 8)
    optimizer = torch.optim.Adam([*net.parameters(), *head.parameters()], lr=0.01)
    for _ in range(steps):
        X, y = neighbours(64, rng)
        optimizer.zero_grad()
        F.mse_loss(head(net(X, X, X)), y).backward()
        optimizer.step()
    X, y = neighbours(500, rng)
    return F.mse_loss(head(net(X, X, X)), y).item()


errors = {h: neighbour_error(h) for h in (1, 2)}
for h, error in errors.items():
    print(f"{h} head(s): squared error {error:.3f}")
check.reaches("one head", errors[1], at_least=0.3)
check.reaches("two heads", errors[2], at_most=0.05)

# %% [markdown]
# The values have variance 1. Two heads find both neighbours; one, with as many weights, does not, in these steps or in five times as many (run, not shown): its output at a position is made of one weighted mean.

# %% tags=["hide-input"]
widgets.predict(
    "d_model = 48, no biases. How many weights have the four matrices of a multi-head attention with 6 heads?",
    answer=9216,
    tolerance=0.5,
    because="Four matrices of 48 × 48; the heads share their columns among them.",
    slips={
        "Each head has 8 of the 48 columns: the matrices of all heads together are 48 × 48.": 55296,
        "The matrix that joins the heads is missing.": 6912,
        "Each matrix takes all 48 numbers in: 48 × 8 for a head, not 8 × 8.": 1536,
    },
)

# %% [markdown]
# ## 16.7 Does attention know the order of its inputs?
#
# A function $f$ of a sequence is *equivariant* under permutations if reordering the inputs reorders the outputs in the same way, and *invariant* if it does not change them (chapter 6 has both terms for shifts). With a permutation matrix $P$, self-attention is equivariant:
#
# $$ f(P X) = P f(X), \qquad \text{since } \operatorname{softmax}\!\Big( \frac{P Q K^\top P^\top}{\sqrt{d_k}} \Big) P V = P \operatorname{softmax}\!\Big( \frac{Q K^\top}{\sqrt{d_k}} \Big) V . \tag{16.10} $$

# %% [markdown]
# (The notes call it invariant. That holds only after pooling over the positions; Lee et al. 2019.)

# %%
torch.manual_seed(SEED)
net, rng = MultiHead(12, 3).double(), torch.Generator().manual_seed(SEED)
X, order = data.normal(rng, 2, 5, 12), torch.tensor([3, 0, 4, 1, 2])
plain, reordered = net(X, X, X), net(X[:, order], X[:, order], X[:, order])
check.close("equivariant", reordered, plain[:, order], atol=1e-12)
check.close("invariant after the mean", reordered.mean(dim=1), plain.mean(dim=1), atol=1e-12)  # fmt: skip
check.catches("invariant before it", lambda: check.close("outputs", reordered, plain))
masked = [net(Z, Z, Z, causal_mask(5)) for Z in (X, X[:, order])]
check.catches("equivariant with a causal mask", lambda: check.close("outputs", masked[1], masked[0][:, order]))  # fmt: skip

# %% [markdown]
# Self-attention alone treats a sequence as a bag of tokens. A **positional encoding** is a vector for each place that is added to the vector of the token there. Vaswani et al. (2017) take waves of $d/2$ frequencies, place $p = 0, 1, \dots$ and column $2i$ or $2i + 1$:
#
# $$ \mathrm{PE}(p, 2i) = \sin\!\big( p / 10000^{2i/d} \big), \qquad \mathrm{PE}(p, 2i + 1) = \cos\!\big( p / 10000^{2i/d} \big) . \tag{16.11} $$

# %% [markdown]
# Here $i$ counts pairs of columns. If a program's `i` already counts by two, the exponent is `i / d`. Sine and cosine alternate, so place 0 has the row 0, 1, 0, 1, …. A step of $\Delta$ places turns each pair by an angle that does not depend on $p$.


# %%
def sinusoids(n: int, d: int) -> Tensor:
    """Sinusoidal positions (eq. 16.11), sine and cosine interleaved; any width d.   -> (n, d)"""
    i = torch.arange(d)
    rate = 10_000.0 ** (-(i - i % 2).double() / d)  # columns 2i and 2i + 1 share a rate
    angle = torch.arange(n).double()[:, None] * rate
    return torch.where(i % 2 == 0, angle.sin(), angle.cos()).float()


for d in (6, 5):
    expected = torch.tensor([[(math.cos if c % 2 else math.sin)(p / 10_000 ** (2 * (c // 2) / d)) for c in range(d)] for p in range(9)])  # fmt: skip
    check.close(f"by a loop, width {d}", sinusoids(9, d), expected, atol=1e-6)
check.close("place 0", sinusoids(3, 4)[0], torch.tensor([0.0, 1.0, 0.0, 1.0]))
p, i = torch.arange(9)[:, None], torch.arange(0, 6, 2)
check.catches("exponent 2i for an i that counts by two", lambda: check.close("sines", (p / 10_000 ** (2 * i / 6)).sin(), sinusoids(9, 6)[:, ::2]))  # fmt: skip
halves = torch.cat([sinusoids(9, 6)[:, ::2], sinusoids(9, 6)[:, 1::2]], dim=1)
check.catches("all sines first", lambda: check.close("positions", halves, sinusoids(9, 6)))  # fmt: skip
PE = sinusoids(40, 6).double()
check.close("dot products depend on the distance", (PE[3:30] * PE[7:34]).sum(dim=1), (PE[0] @ PE[4]).expand(27), atol=1e-6)  # fmt: skip

# %% [markdown]
# A **learned positional encoding** is a table with one trained vector for each place. It has no row for a place beyond its length, so a longer sequence has to be refused.


# %%
class LearnedPositions(nn.Module):
    """A trained vector for each place.   n -> (n, d)"""

    def __init__(self, longest: int, d: int):
        super().__init__()
        self.table = nn.Parameter(0.1 * torch.randn(longest, d))

    def forward(self, n: int) -> Tensor:
        if n > len(self.table):
            raise ValueError(f"a sequence of {n} tokens, but only {len(self.table)} positions were learned")  # fmt: skip
        return self.table[:n]


check.raises("longer than the positions", ValueError, lambda: LearnedPositions(8, 6)(9))


# %% [markdown]
# The experiment: words of eight letters, each with one `a` and one `b` among others. Which of the two came first? The network is a layer of self-attention, a mean over the places and a linear layer, without positions or with either kind. As a further control, a causal mask without positions breaks the symmetry, too.


# %%
def which_first(n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Words of eight letters with one a (0) and one b (1).   -> x (n, 8), y (n,): 1 if b comes first"""
    x = torch.randint(2, len(SYMBOLS), (n, 8), generator=rng)
    place = torch.rand(n, 8, generator=rng).argsort(dim=1)[:, :2]
    x.scatter_(1, place, torch.tensor([0, 1]).expand(n, 2))
    return x, (place[:, 1] < place[:, 0]).long()


class OrderNet(nn.Module):
    """Self-attention, a ReLU, the mean over the places, a linear layer.   x: (N, 8) -> (N, 2)"""

    def __init__(self, positions: str, d: int = 32):
        super().__init__()
        self.embedding, self.attend = nn.Embedding(len(SYMBOLS), d), MultiHead(d, 2)
        self.out, self.positions = nn.Linear(d, 2), positions
        self.learned = LearnedPositions(8, d)

    def forward(self, x: Tensor) -> Tensor:
        X, n = self.embedding(x), x.shape[1]
        if self.positions == "sinusoidal":
            X = X + sinusoids(n, X.shape[2])
        if self.positions == "learned":
            X = X + self.learned(n)
        mask = causal_mask(n) if self.positions == "causal mask" else None
        return self.out(self.attend(X, X, X, mask).relu().mean(dim=1))


def order_accuracy(positions: str, steps: int = 200) -> float:
    torch.manual_seed(SEED)
    net, rng = OrderNet(positions), torch.Generator().manual_seed(SEED)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    for _ in range(steps):
        x, y = which_first(128, rng)
        optimizer.zero_grad()
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
    x, y = which_first(2000, rng)
    return (net(x).argmax(dim=1) == y).double().mean().item()


found = {name: order_accuracy(name) for name in ("none", "sinusoidal", "learned", "causal mask")}  # fmt: skip
for name, share in found.items():
    print(f"positions: {name:12} right {share:.3f}")
check.reaches("without positions", found["none"], at_least=0.45, at_most=0.55)
check.reaches("sinusoidal", found["sinusoidal"], at_least=0.95)
check.reaches("learned", found["learned"], at_least=0.95)
check.reaches("a causal mask and no positions", found["causal mask"], at_least=0.9)

# %% tags=["hide-input"]
fig, ax = plots.panel("sinusoidal positions", x="column", y="place", size=(3.4, 2.6))
ax.imshow(sinusoids(40, 48), cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
ax.grid(False)
plots.show(fig, alt="Forty rows of 48 columns: the left columns change from row to row, the right ones only slowly.")  # fmt: skip

# %% [markdown]
# Without positions the accuracy is that of a guess, as (16.10) says: the mean over the places is the same for all orders of a word. Both kinds of positions solve the task. So does the causal mask on its own: the output at `b` can depend on `a` only if `a` came first. Causal language models without positions can learn where a token stands, too; Haviv et al. (2022) suppose that they count how many tokens each place sees. How positions fare on longer inputs than those trained on is the subject of section 16.8.

# %% tags=["hide-input"]
widgets.choose(
    "Self-attention without positions and without a mask reads “dog bites man” and “man bites dog”. Of the outputs of “bites” in the two, what is true?",
    {
        "They are equal": True,
        "They differ, because the words stand at other places": "No place is given to the network; the set of keys and values is the same.",
        "They are equal only after a mean over the words": "The mean is equal, too; but “bites” asks the same query in both and meets the same keys and values.",
    },
    because="A reordering of the inputs reorders the outputs. “bites” keeps its place here, and its output.",
)

# %% [markdown]
# ## 16.8 Can attention depend on the distance alone?
#
# *Going further.*
#
# Sinusoidal and learned positions are added to the input, and each of their rows stands for one place. Often only the distance between two tokens counts. Rotary positions (Su et al. 2021) are not added. **Rotary positions** turn each pair of numbers in the queries and keys by an angle that grows with the token's place. With rates $\theta_i = 10000^{-2i/d}$, pair $i$ of the token at place $t$ becomes
#
# $$ \begin{pmatrix} x'_{2i} \\ x'_{2i+1} \end{pmatrix} = \begin{pmatrix} \cos t\theta_i & -\sin t\theta_i \\ \sin t\theta_i & \cos t\theta_i \end{pmatrix} \begin{pmatrix} x_{2i} \\ x_{2i+1} \end{pmatrix} = R_t \mathbf x \ \text{(pair } i). \tag{16.12} $$

# %% [markdown]
# A rotation's transpose is the rotation back, and two rotations of one plane add their angles. So the score of a query at place $m$ and a key at place $n$ depends on the places through $n - m$ only, while the values are not rotated:
#
# $$ (R_m \mathbf q)^\top (R_n \mathbf k) = \mathbf q^\top R_m^\top R_n \mathbf k = \mathbf q^\top R_{n-m} \mathbf k . \tag{16.13} $$
#
# | symbol | name | meaning |
# |---|---|---|
# | $t\theta_i$ | `angle` | one angle for each place and pair, $(n, d/2)$ |
# | $R_t \mathbf x$ | `rotate(x, start)` | row $j$ of `x` is at place `start + j` |


# %%
def rotate(x: Tensor, start: int = 0) -> Tensor:
    """Rotary positions (eq. 16.12) for places start, start + 1, ...   x: (..., n, d) -> (..., n, d)"""
    n, d = x.shape[-2:]
    if d % 2:
        raise ValueError(f"rotary positions turn pairs of numbers; {d} is odd")
    rate = 10_000.0 ** (-torch.arange(0, d, 2, dtype=x.dtype) / d)
    angle = torch.arange(start, start + n, dtype=x.dtype)[:, None] * rate  # (n, d/2)
    even, odd = x[..., 0::2], x[..., 1::2]
    pairs = even * angle.cos() - odd * angle.sin(), even * angle.sin() + odd * angle.cos()
    return torch.stack(pairs, dim=-1).flatten(-2)  # interleaved, as they came


# %%
rng = torch.Generator().manual_seed(SEED)
q, k = data.normal(rng, 2, 5, 6), data.normal(rng, 2, 7, 6)
rate = 10_000.0 ** (-torch.arange(3).double() / 3)
turns = torch.polar(torch.ones(5, 3).double(), torch.arange(4, 9)[:, None] * rate)
as_complex = torch.view_as_complex(q.unflatten(-1, (3, 2))) * turns
check.close("rotations as complex numbers", rotate(q, 4), torch.view_as_real(as_complex).flatten(-2))  # fmt: skip
check.close("lengths are kept", rotate(q, 4).norm(dim=-1), q.norm(dim=-1))
scores = rotate(q, 2) @ rotate(k).mT
check.close("scores depend on the distance", rotate(q, 13) @ rotate(k, 11).mT, scores)
added = [(q + sinusoids(60, 6)[2 + s : 7 + s]) @ (k + sinusoids(60, 6)[s : 7 + s]).mT for s in (0, 11)]  # fmt: skip
check.catches("positions that are added", lambda: check.close("scores", added[1], added[0]))
check.raises("an odd width", ValueError, lambda: rotate(torch.zeros(4, 5)))

# %% [markdown]
# Do positions work at places that training never had? The task has a known answer: give the symbol that stood three places before. One attention layer is trained on inputs of 16 symbols and tested on 32 and 64, where only the places beyond the trained ones count. Without positions is the control.


# %%
class LookBack(nn.Module):
    """One causal attention layer with positions of a kind.   ids: (N, n) of 0..9 -> logits (N, n, 10)"""

    def __init__(self, kind: str, d: int = 32, places: int = 64):
        super().__init__()
        self.kind, self.embed = kind, nn.Embedding(10, d)
        self.W_q, self.W_k, self.W_v = (nn.Linear(d, d) for _ in range(3))
        self.out = nn.Linear(d, 10)
        self.register_buffer("fixed", sinusoids(places, d))
        self.learned = nn.Parameter(0.1 * torch.randn(places, d))

    def forward(self, ids: Tensor) -> Tensor:
        n, x = ids.shape[1], self.embed(ids)
        if self.kind == "sinusoidal":
            x = x + self.fixed[:n]
        if self.kind == "learned":
            x = x + self.learned[:n]
        q, k = self.W_q(x), self.W_k(x)
        if self.kind == "rotary":
            q, k = rotate(q), rotate(k)
        return self.out(attention(q, k, self.W_v(x), causal_mask(n))[0])


def look_back(kind: str, seed: int = SEED, steps: int = 300) -> LookBack:
    """Trained on 16 symbols to give the one three places before."""
    torch.manual_seed(seed)
    net, rng = LookBack(kind), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in progress(range(steps), kind):
        ids = torch.randint(10, (64, 16), generator=rng)
        optimizer.zero_grad()
        F.cross_entropy(net(ids)[:, 3:].flatten(0, 1), ids[:, :-3].flatten()).backward()
        optimizer.step()
    return net.requires_grad_(False)


# %%
ids = torch.randint(10, (200, 64), generator=torch.Generator().manual_seed(SEED + 1))
hits: dict[str, list[float]] = {}
for kind in ("none", "learned", "sinusoidal", "rotary"):
    net = look_back(kind)
    right = (net(ids).argmax(dim=-1)[:, 3:] == ids[:, :-3]).double().mean(dim=0)
    hits[kind] = [right[a - 3 : b - 3].mean().item() for a, b in ((3, 16), (16, 32), (32, 64))]  # fmt: skip
    print(f"{kind:10} places 3 to 15: {hits[kind][0]:.3f}, 16 to 31: {hits[kind][1]:.3f}, 32 to 63: {hits[kind][2]:.3f}")  # fmt: skip
check.reaches("trained places: worst kind of position", min(hits[kind][0] for kind in hits if kind != "none"), at_least=0.98)  # fmt: skip
check.reaches("trained places without positions", hits["none"][0], at_most=0.45)
check.reaches("up to twice as far: rotary", hits["rotary"][1], at_least=0.97)
check.reaches("up to four times as far: rotary", hits["rotary"][2], at_least=0.6)
check.reaches("up to twice as far: sinusoidal", hits["sinusoidal"][1], at_most=0.5)
check.reaches("up to twice as far: learned", hits["learned"][1], at_most=0.2)

# %% [markdown]
# All three kinds solve the task at the trained places. Beyond them the learned rows were never trained, and chance is one in ten; the sum with sinusoids is a new input for the layer, and accuracy falls below one half. The rotated scores see the same distances as before. Rotary positions do not make every task extend: with four times the length there are four times as many keys in each softmax, and the accuracy falls below that at the trained places.

# %% tags=["hide-input"]
widgets.choose(
    "A layer rotates queries, keys and values by (16.12). What is lost?",
    {
        "The output depends on the place itself, no longer on distances alone": True,
        "The scores depend on the places themselves": "The scores are still those of (16.13): they hold queries and keys only.",
        "Nothing; a rotation keeps lengths": "Lengths are kept, directions are not: the same value arrives turned by another angle when everything moves by one place.",
    },
    because="The weights are the same as before, but each value is turned by the angle of its own place before it is averaged.",
)

# %% [markdown]
# # 16 Attention, part two
#
# Part one built attention: its scores, its masks, its heads, and ways to tell it the order of its inputs. Part two puts the pieces together into a transformer, trains the three families of them, draws text from one, and measures what a longer text costs.

# %% [markdown]
# ## 16.9 Where does layer normalisation belong in a deep stack?
#
# *Going further.*
#
# Each attention layer and each dense layer of a transformer stands in a residual connection (chapter 7) with layer normalisation (chapter 4). For one token $\mathbf x$ with $d$ numbers,
#
# $$ \mathrm{LN}(\mathbf x)_i = \gamma_i \, \frac{x_i - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta_i , \qquad \mu = \frac1d \sum_j x_j, \quad \sigma^2 = \frac1d \sum_j (x_j - \mu)^2 . \tag{16.14} $$
#
# The statistics are those of the one token, neither of the batch nor of the sequence, so padding and batch size do not matter.


# %%
def layer_norm(x: Tensor, gamma: Tensor, beta: Tensor, eps: float = 1e-5) -> Tensor:
    """Eq. 16.14 along the last axis.   x: (..., d), gamma, beta: (d,) -> (..., d)"""
    mu = x.mean(dim=-1, keepdim=True)
    variance = ((x - mu) ** 2).mean(dim=-1, keepdim=True)  # divided by d, not by d - 1
    return gamma * (x - mu) / (variance + eps).sqrt() + beta


rng = torch.Generator().manual_seed(SEED)
x, gamma, beta = data.normal(rng, 2, 3, 4), data.normal(rng, 4), data.normal(rng, 4)
x[0] = 5 + 0.003 * x[0]  # nearly constant tokens, where epsilon counts
expected = F.layer_norm(x, (4,), gamma, beta)
check.close("LN", layer_norm(x, gamma, beta), expected)
centred = x - x.mean(dim=-1, keepdim=True)
unbiased = gamma * centred / (x.var(dim=-1, keepdim=True) + 1e-5).sqrt() + beta
outside = gamma * centred / (x.std(dim=-1, keepdim=True, unbiased=False) + 1e-5) + beta
check.catches("the variance with d - 1", lambda: check.close("LN", unbiased, expected))
check.catches("epsilon outside the root", lambda: check.close("LN", outside, expected))
check.close("ordinary tokens alone hide the second one", outside[1], expected[1], rtol=1e-3)

# %% [markdown]
# A sublayer $f$ (attention, or two dense layers) can be joined to the stack in two ways. **Post-norm** normalises the sum of the residual connection, as in the first transformer (Vaswani et al. 2017). **Pre-norm** normalises the input of the sublayer and leaves the residual path free of any operation (Xiong et al. 2020).
#
# $$ \text{post-norm: } \mathrm{LN}\big(\mathbf x + f(\mathbf x)\big), \qquad \text{pre-norm: } \mathbf x + f\big(\mathrm{LN}(\mathbf x)\big) . \tag{16.15} $$


# %%
def connected(x: Tensor, f: abc.Callable[[Tensor], Tensor], norm: nn.LayerNorm, order: str) -> Tensor:  # fmt: skip
    """A sublayer in its place (eq. 16.15); without a residual connection as the control.   x: (N, n, d) -> (N, n, d)"""
    if order == "post":
        return norm(x + f(x))
    if order == "pre":
        return x + f(norm(x))
    if order == "no residual":
        return f(norm(x))
    raise ValueError(f"order = {order!r}: it is post, pre or no residual")


class Stack(nn.Module):
    """Self-attention and dense sublayers on digits 0..9.   ids: (N, n) -> logits (N, n, 10)"""

    def __init__(self, order: str, layers: int, d: int = 32):
        super().__init__()
        self.order, self.embed = order, nn.Embedding(10, d)
        self.heads = nn.ModuleList(MultiHead(d, 2) for _ in range(layers))
        self.dense = nn.ModuleList(nn.Sequential(nn.Linear(d, 2 * d), nn.ReLU(), nn.Linear(2 * d, d)) for _ in range(layers))  # fmt: skip
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(2 * layers))
        self.last = nn.Identity() if order == "post" else nn.LayerNorm(d)
        self.out = nn.Linear(d, 10)

    def features(self, ids: Tensor) -> Tensor:
        x = self.embed(ids) + sinusoids(ids.shape[1], self.embed.embedding_dim)
        for i, (heads, dense) in enumerate(zip(self.heads, self.dense, strict=True)):
            x = connected(x, lambda z, h=heads: h(z, z, z), self.norms[2 * i], self.order)
            x = connected(x, dense, self.norms[2 * i + 1], self.order)
        return self.last(x)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.features(ids))


# %% [markdown]
# The sum in a residual connection lets the gradient pass a sublayer unchanged. Two things are measured on 24 layers before any training: the gradient at the first dense matrix of each layer, and the cosine between two tokens of one input after the last layer. The control has no residual connections, and the same layer normalisation.


# %%
def at_the_start(order: str, layers: int = 24) -> tuple[list[float], float]:
    """The gradient's norm at each layer, and the mean cosine of the first two tokens behind the last layer."""
    torch.manual_seed(SEED)
    net = Stack(order, layers)
    ids = torch.randint(10, (16, 8), generator=torch.Generator().manual_seed(SEED))
    x = net.features(ids)
    loss = F.cross_entropy(net.out(x).flatten(0, 1), ids.flip(1).flatten())
    norms = [g.norm().item() for g in torch.autograd.grad(loss, [f[0].weight for f in net.dense])]  # fmt: skip
    return norms, F.cosine_similarity(x[:, 0], x[:, 1], dim=-1).mean().item()


ORDERS = ("pre", "post", "no residual")
start = {order: at_the_start(order) for order in ORDERS}
for order, (norms, cosine) in start.items():
    print(f"{order:12} gradient: first layer {norms[0]:.2g}, last layer {norms[-1]:.2g}; cosine of two tokens {cosine:.3f}")  # fmt: skip
ratio = {order: norms[0] / norms[-1] for order, (norms, _) in start.items()}
check.reaches("first over last gradient: pre-norm", ratio["pre"], at_least=0.7)
check.reaches("first over last gradient: pre-norm minus post-norm", ratio["pre"] - ratio["post"], at_least=0.1)  # fmt: skip
check.reaches("first over last gradient: no residual", ratio["no residual"], at_most=0.15)
check.reaches("cosine of two tokens without residuals", start["no residual"][1], at_least=0.99)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("24 layers before training", x="layer", y="gradient norm", size=(3.9, 2.7))  # fmt: skip
for order, colour in zip(ORDERS, plots.SERIES, strict=False):
    ax.plot(range(1, 25), start[order][0], "o-", markersize=3, color=colour, label=order)
ax.set_yscale("log")
ax.legend(loc="upper left")
plots.show(fig, alt="Along depth the gradient norm is almost level with pre-norm, rises towards the last layer with post-norm, and rises by more than a factor of ten without residual connections.")  # fmt: skip

# %% [markdown]
# Without residual connections each layer replaces a token by averages over the tokens, and after 24 layers the two tokens have the same direction in three digits (Dong et al. 2021 prove such a collapse for attention without residual connections). Layer normalisation alone does not prevent it here. Does this decide whether a stack can be trained? Twelve layers learn to reverse eight digits, with Adam at one fixed rate and no warm-up.


# %%
def reversing(order: str, seed: int = SEED, steps: int = 120) -> float:
    """The accuracy per digit of a stack of 12 layers that was trained to reverse."""
    torch.manual_seed(seed)
    net, rng = Stack(order, layers=12), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    for _ in progress(range(steps), order):
        ids = torch.randint(10, (16, 8), generator=rng)
        optimizer.zero_grad()
        F.cross_entropy(net(ids).flatten(0, 1), ids.flip(1).flatten()).backward()
        optimizer.step()
    ids = torch.randint(10, (200, 8), generator=rng)
    return (net(ids).argmax(dim=-1) == ids.flip(1)).double().mean().item()


reached = {order: reversing(order) for order in ORDERS}
print("accuracy per digit: " + ", ".join(f"{order} {a:.3f}" for order, a in reached.items()))  # fmt: skip
check.reaches("12 layers, pre-norm", reached["pre"], at_least=0.6)
check.reaches("12 layers, pre-norm minus post-norm", reached["pre"] - reached["post"], at_least=0.2)  # fmt: skip
check.reaches("12 layers without residuals", reached["no residual"], at_most=0.15)

# %% [markdown]
# At this depth and rate, pre-norm learns the task, post-norm learns a part of it, and without residual connections the stack stays at chance. This is one rate without warm-up; Xiong et al. (2020) report that a warm-up, which the first transformer had, lets post-norm train. Pre-norm needs one more normalisation behind the last layer, as its residual path is never normalised.

# %% tags=["hide-input"]
widgets.choose(
    "A batch holds sentences of 5 and of 9 tokens, padded to 9. Which normalisation gives the short sentence's tokens the same output as when it comes alone?",
    {
        "Layer normalisation": True,
        "Batch normalisation in training mode": "Its statistics are taken over the batch, padding included.",
        "Layer normalisation over tokens and features together": "Then the padded places count in the mean and in the variance.",
    },
    because="In (16.14) the mean and the variance are those of one token's own d numbers.",
)

# %% [markdown]
# ## 16.10 What is a transformer?
#
# A **transformer** is a network whose layers are attention and position-wise dense layers, each with a residual connection and layer normalisation (Vaswani et al. 2017). The **position-wise feed-forward network** is two dense layers with an activation function between them, applied to each token by itself.
#
# $$ \mathrm{FFN}(\mathbf x) = W_2\, \max(\mathbf 0, W_1 \mathbf x + \mathbf b_1) + \mathbf b_2, \qquad W_1: (d_\text{ff}, d),\ W_2: (d, d_\text{ff}) . \tag{16.16} $$
#
# Each sublayer $f$ stands in the form (16.15): $\mathrm{LN}(\mathbf x + f(\mathbf x))$ with post-norm, $\mathbf x + f(\mathrm{LN}(\mathbf x))$ with pre-norm (`connected` in section 16.9).

# %% [markdown]
# A **transformer encoder layer** is self-attention over the whole input followed by a position-wise feed-forward network. A **transformer decoder layer** is causal self-attention over the output so far, then cross-attention to the encoder's output, then a position-wise feed-forward network.
#
# The notes leave out the residual connections, the normalisation, the first attention's causal mask and the linear layer before the softmax; and the decoder's input is all previous tokens, not the last one alone.


# %%
class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward network.   x: (N, n, d) -> (N, n, d)"""

    def __init__(self, d: int, heads: int, hidden: int, order: str = "pre"):
        super().__init__()
        self.order, self.heads = order, MultiHead(d, heads)
        self.dense = nn.Sequential(nn.Linear(d, hidden), nn.ReLU(), nn.Linear(hidden, d))  # eq. 16.16  # fmt: skip
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        x = connected(x, lambda z: self.heads(z, z, z), self.norms[0], self.order)
        return connected(x, self.dense, self.norms[1], self.order)


class DecoderLayer(EncoderLayer):
    """Causal self-attention, cross-attention, feed-forward network.   y: (N, n, d), memory: (N, m, d) -> (N, n, d)"""

    def __init__(self, d: int, heads: int, hidden: int, order: str = "pre"):
        super().__init__(d, heads, hidden, order)
        self.cross = MultiHead(d, heads)
        self.norms.append(nn.LayerNorm(d))

    def forward(self, y: Tensor, memory: Tensor) -> Tensor:
        y = connected(y, lambda z: self.heads(z, z, z, causal_mask(z.shape[1])), self.norms[0], self.order)  # fmt: skip
        y = connected(y, lambda z: self.cross(z, memory, memory), self.norms[1], self.order)
        return connected(y, self.dense, self.norms[2], self.order)


# %% [markdown]
# Both layers are compared with torch's with the same weights (`torchs`: section 16.6).


# %%
def in_torch(ours: EncoderLayer, theirs: nn.Module) -> nn.Module:
    """Torch's encoder or decoder layer with the weights of ours."""
    theirs.self_attn = torchs(ours.heads)
    if isinstance(ours, DecoderLayer):
        theirs.multihead_attn = torchs(ours.cross)
    theirs.linear1, theirs.linear2 = ours.dense[0], ours.dense[2]
    theirs.norm1, theirs.norm2, theirs.norm3 = (*ours.norms, None)[:3]
    return theirs.eval()


def shaken(layer: nn.Module, rng: torch.Generator) -> nn.Module:
    """All parameters drawn anew, in float64: scales that start at 1 and shifts at 0 would hide faults."""
    for p in layer.double().parameters():
        p.data = 0.4 * torch.randn(p.shape, generator=rng, dtype=p.dtype)
    return layer


# %%
rng = torch.Generator().manual_seed(SEED)
x, y = data.normal(rng, 2, 5, 6), data.normal(rng, 2, 4, 6)
for order in ("post", "pre"):
    settings = {"dropout": 0.0, "batch_first": True, "norm_first": order == "pre", "dtype": torch.float64}  # fmt: skip
    ours = shaken(EncoderLayer(6, 3, 11, order), rng)
    encoder = in_torch(ours, nn.TransformerEncoderLayer(6, 3, 11, **settings))
    check.close(f"encoder layer, {order}-norm", ours(x), encoder(x))
    ours = shaken(DecoderLayer(6, 3, 11, order), rng)
    decoder = in_torch(ours, nn.TransformerDecoderLayer(6, 3, 11, **settings))
    expected = decoder(y, x, tgt_mask=~causal_mask(4))  # in torch True = hidden
    check.close(f"decoder layer, {order}-norm", ours(y, x), expected)
check.catches("no mask, as in the notes", lambda: check.close("decoder layer", ours(y, x), decoder(y, x)))  # fmt: skip

# %% [markdown]
# The whole network has one embedding, sinusoidal positions, two encoder and two decoder layers with pre-norm, and a linear layer. The task has a known answer: reversing digits. Token 10 ends a sequence and 11 starts the target.


# %%
END, BEGIN = 10, 11


class Transformer(nn.Module):
    """Encoder and decoder.   source: (N, m), target: (N, n) -> logits of the token after each target token (N, n, 12)"""

    def __init__(self, d: int = 32, heads: int = 4, layers: int = 2, places: int = 40):
        super().__init__()
        self.embed, self.out = nn.Embedding(12, d), nn.Linear(d, 12)
        stack = (EncoderLayer(d, heads, 4 * d) for _ in range(layers))
        self.encoder = nn.Sequential(*stack, nn.LayerNorm(d))
        self.decoder = nn.ModuleList(DecoderLayer(d, heads, 4 * d) for _ in range(layers))
        self.last_norm = nn.LayerNorm(d)
        self.register_buffer("positions", sinusoids(places, d))

    def placed(self, ids: Tensor) -> Tensor:
        n, places = ids.shape[1], len(self.positions)
        if n > places:
            raise ValueError(f"a sequence of {n} tokens is longer than the {places} positions of the network")  # fmt: skip
        return self.embed(ids) + self.positions[:n]

    def encode(self, source: Tensor) -> Tensor:
        return self.encoder(self.placed(source))

    def decode(self, target: Tensor, memory: Tensor) -> Tensor:
        y = self.placed(target)
        for layer in self.decoder:
            y = layer(y, memory)
        return self.out(self.last_norm(y))


# %%
def reversal(N: int, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Digits with their end, and BEGIN, the digits reversed, END.   -> (N, n + 1), (N, n + 2)"""
    digits = torch.randint(10, (N, n), generator=rng)
    end, begin = torch.full((N, 1), END), torch.full((N, 1), BEGIN)
    return torch.cat((digits, end), dim=1), torch.cat((begin, digits.flip(1), end), dim=1)


def sequence_loss(net: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of each token of the target after BEGIN, with teacher forcing.   -> ()"""
    if (target[:, -1] != END).any():
        raise ValueError("a target does not end with END; the network would never learn to stop")  # fmt: skip
    logits = net.decode(target[:, :-1], net.encode(source))
    return F.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten())


@torch.no_grad()
def written(net: Transformer, source: Tensor, limit: int) -> Tensor:
    """Greedy decoding: the most probable token each time, `limit` times.   -> (N, limit + 1)"""
    memory, target = net.encode(source), torch.full((len(source), 1), BEGIN)
    for _ in range(limit):
        last = net.decode(target, memory)[:, -1].argmax(dim=-1, keepdim=True)
        target = torch.cat((target, last), dim=1)
    return target


# %%
def train_transformer(seed: int = SEED, steps: int = 500) -> Transformer:
    """Batches of one length each, 3 to 8 digits; Adam with one rise and fall of the rate."""
    torch.manual_seed(seed)
    net, rng = Transformer(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.005, total_steps=steps, pct_start=0.2)  # fmt: skip
    for _ in progress(range(steps), "transformer"):
        n = int(torch.randint(3, 9, (1,), generator=rng))
        optimizer.zero_grad()
        sequence_loss(net, *reversal(48, n, rng)).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return net.requires_grad_(False)


# %%
translator = train_transformer()
rng, exact = torch.Generator().manual_seed(SEED + 1), {}
for n in (3, 8, 10):
    source, target = reversal(300, n, rng)
    exact[n] = (written(translator, source, n + 1) == target).all(dim=1).double().mean().item()  # fmt: skip
    print(f"{n:2} digits: {exact[n]:.3f} of the answers are right in every token")
check.reaches("exact match, trained lengths", min(exact[3], exact[8]), at_least=0.9)
check.reaches("exact match, 10 digits", exact[10], at_most=0.2)
check.raises("a target without its end", ValueError, lambda: sequence_loss(translator, source, target[:, :-1]))  # fmt: skip
check.raises("41 tokens", ValueError, lambda: translator.encode(torch.zeros(1, 41, dtype=torch.long)))  # fmt: skip

# %% [markdown]
# Inputs of the trained lengths are reversed, inputs with two digits more are not (section 16.8). While the decoder writes digit $t$, its cross-attention should find the digit $n - 1 - t$ of the source.

# %%
source, target = reversal(200, 8, rng)
translator.decode(target[:, :-1], translator.encode(source))
weights = torch.stack([layer.cross.weights for layer in translator.decoder])  # (layers, N, heads, 9, 9)  # fmt: skip
share = weights.mean(dim=1)[:, :, range(8), range(7, -1, -1)].mean(dim=-1)
check.reaches("the best head's weight on the known digit", share.max().item(), at_least=0.4)

# %% tags=["hide-input"]
layer, head = divmod(int(share.argmax()), 4)
fig, ax = plots.panel("cross-attention, best head", x="source token", y="target token written", size=(2.9, 2.9))  # fmt: skip
ax.imshow(weights[layer, :, head].mean(dim=0), cmap="Greys", vmin=0, vmax=1)
ax.grid(False)
ax.set_xticks([0, 2, 4, 6, 8], ["0", "2", "4", "6", "end"])
ax.set_yticks([0, 2, 4, 6, 8], ["0", "2", "4", "6", "end"])
plots.show(fig, alt="A map of weights, 9 target tokens by 9 source tokens, large ones dark: they lie on a line from the upper right, digit 0 of the target and digit 7 of the source, to the lower left, where the end is written, too.")  # fmt: skip

# %% tags=["hide-input"]
widgets.choose(
    "At test time the decoder has written four tokens. What is its input for the fifth?",
    {
        "All four, and BEGIN": True,
        "The fourth token alone": "A recurrent network carries a state from the tokens before; a decoder layer has no state and reads them anew.",
        "The encoder's output alone": "Cross-attention reads it, but the queries come from the tokens written so far.",
    },
    because="The causal self-attention reads every token written so far. Section 16.13 saves the repeated work.",
)

# %% [markdown]
# ## 16.11 What can one half of a transformer learn from text?
#
# *Going further.*
#
# Three families share the layers. The encoder-decoder of section 16.10 maps one sequence to another. A **masked language model** is an encoder that is trained to fill in tokens of its input that were hidden (BERT; Devlin et al. 2019). A **causal language model** is a network that gives the distribution of the next token from the tokens before it; built of causal self-attention and feed-forward layers, without cross-attention, it is a decoder-only transformer (GPT; Radford et al. 2018). Both need text and no labels.

# %% [markdown]
# The text at hand is prose about Python, in 29 characters: a blank, the letters, the full stop and the comma. For a text $c_1 \ldots c_n$ the two losses are means of
#
# $$ L_\text{causal} = -\log p(c_t \mid c_1 \ldots c_{t-1}), \qquad L_\text{masked} = -\log p(c_t \mid c_s, s \text{ not hidden}), \ t \text{ hidden}. \tag{16.17} $$
#
# A causal loss counts each letter, a masked one the hidden 15 %. Divided by $\log 2$, the causal loss is in **bits per character**, the mean number of bits that a code made from the model's probabilities spends on one character.

# %%
LETTERS = " abcdefghijklmnopqrstuvwxyz.,"
MASKED, CONTEXT = len(LETTERS), 64  # a 30th token, and the longest input
PROSE = " ".join("".join(c if c in LETTERS else " " for c in data.prose().lower()).split())


def numbered(text: str) -> Tensor:
    """The places of the characters in LETTERS.   n characters -> (n,)"""
    if not text:
        raise ValueError("the text is empty; a model needs at least one character")
    unknown = sorted(set(text) - set(LETTERS))
    if unknown:
        raise ValueError(f"the model does not know {unknown[0]!r}; it knows a to z, the blank, '.' and ','")  # fmt: skip
    return torch.tensor([LETTERS.index(c) for c in text])


CUT = int(0.95 * len(PROSE))
PROSE_TRAIN, PROSE_TEST = numbered(PROSE[:CUT]), numbered(PROSE[CUT:])
WINDOWS = PROSE_TEST[: 250 * (CONTEXT + 1)].view(250, CONTEXT + 1)
check.raises("an unknown letter", ValueError, lambda: numbered("naïve"))
check.raises("an empty text", ValueError, lambda: numbered(""))
print(f"{len(PROSE_TRAIN):,} characters to train on, {WINDOWS.numel():,} to test on")

# %% [markdown]
# One class serves for both families, with rotary positions; `causal` is the only difference. (`cache` waits for section 16.13.)


# %%
class RotaryHeads(nn.Module):
    """Multi-head self-attention with rotary positions.   x: (N, n, d) -> (N, n, d)"""

    def __init__(self, d: int, heads: int, causal: bool):
        super().__init__()
        self.heads, self.causal = MultiHead(d, heads), causal

    def forward(self, x: Tensor, cache: dict[str, Tensor] | None = None) -> Tensor:
        h = self.heads
        q, k, v = h.split(h.W_q(x)), h.split(h.W_k(x)), h.split(h.W_v(x))
        start = cache["k"].shape[2] if cache else 0
        q, k = rotate(q, start), rotate(k, start)
        if cache is not None:
            k, v = (torch.cat((cache[name], new), dim=2) if cache else new for name, new in (("k", k), ("v", v)))  # fmt: skip
            cache.update(k=k, v=v)
        mask = causal_mask(k.shape[2])[start:] if self.causal else None
        y, h.weights = attention(q, k, v, mask)
        return h.W_o(y.transpose(1, 2).flatten(2))


class LetterNet(nn.Module):
    """A transformer on characters, pre-norm.   ids: (N, n) -> logits (N, n, 29)"""

    def __init__(self, causal: bool, d: int = 36, heads: int = 3, layers: int = 2, places: int = CONTEXT):  # fmt: skip
        super().__init__()
        self.places, self.embed = places, nn.Embedding(len(LETTERS) + 1, d)
        nn.init.normal_(self.embed.weight, std=0.5)
        self.attentions = nn.ModuleList(RotaryHeads(d, heads, causal) for _ in range(layers))  # fmt: skip
        self.dense = nn.ModuleList(nn.Sequential(nn.Linear(d, 4 * d), nn.ReLU(), nn.Linear(4 * d, d)) for _ in range(layers))  # fmt: skip
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(2 * layers + 1))
        self.out = nn.Linear(d, len(LETTERS))

    def forward(self, ids: Tensor, caches: list[dict[str, Tensor]] | None = None) -> Tensor:
        seen = caches[0]["k"].shape[2] if caches and caches[0] else 0
        if seen + ids.shape[1] > self.places:
            raise ValueError(f"{seen + ids.shape[1]} characters are more than the {self.places} positions of the network")  # fmt: skip
        x = self.embed(ids)
        for i, (heads, dense) in enumerate(zip(self.attentions, self.dense, strict=True)):
            x = x + heads(self.norms[2 * i](x), caches[i] if caches else None)
            x = x + dense(self.norms[2 * i + 1](x))
        return self.out(self.norms[-1](x))


class LetterLSTM(nn.Module):
    """A recurrent network of about the same size.   ids: (N, n) -> logits (N, n, 29)"""

    def __init__(self, d: int = 36, hidden: int = 72):
        super().__init__()
        self.embed, self.out = nn.Embedding(len(LETTERS), d), nn.Linear(hidden, len(LETTERS))  # fmt: skip
        self.lstm = nn.LSTM(d, hidden, batch_first=True)

    def forward(self, ids: Tensor) -> Tensor:
        return self.out(self.lstm(self.embed(ids))[0])


# %%
def next_letter_loss(net: nn.Module, ids: Tensor, first: int = 0) -> Tensor:
    """Causal cross-entropy in bits per character, from place `first` on.   ids: (N, n + 1) -> ()"""
    logits = net(ids[:, :-1])[:, first:]
    return F.cross_entropy(logits.flatten(0, 1), ids[:, first + 1 :].flatten()) / math.log(2)  # fmt: skip


def hidden_letter_loss(net: nn.Module, ids: Tensor, rng: torch.Generator) -> Tensor:
    """Cross-entropy of 15 % of the letters, which are replaced by MASKED.   ids: (N, n) -> ()"""
    hidden = torch.rand(ids.shape, generator=rng) < 0.15
    logits = net(ids.masked_fill(hidden, MASKED))
    return F.cross_entropy(logits[hidden], ids[hidden]) / math.log(2)


# %%
def train_letters(net: nn.Module, steps: int, lr: float, masked: bool = False, seed: int = SEED) -> nn.Module:  # fmt: skip
    """Adam on 1,024 letters each step, with one rise and fall of the rate; masked: hidden letters in shorter pieces."""
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, lr, total_steps=steps, pct_start=0.15)  # fmt: skip
    for _ in progress(range(steps), "letters"):
        pieces, length = (32, 32) if masked else (16, CONTEXT + 1)
        starts = torch.randint(len(PROSE_TRAIN) - length, (pieces, 1), generator=rng)
        ids = PROSE_TRAIN[starts + torch.arange(length)]
        optimizer.zero_grad()
        loss = hidden_letter_loss(net, ids, rng) if masked else next_letter_loss(net, ids)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        schedule.step()
    return net.requires_grad_(False).eval()


# %% [markdown]
# The control is the n-gram of chapter 15, which counts. Each order is smoothed by the one below it, whose distribution counts as sixteen observations:
#
# $$ p_n(c \mid h) = \frac{N(hc) + 16\, p_{n-1}(c \mid h')}{N(h) + 16}, \qquad h' = h \text{ without its first letter}, \quad p_0 = \tfrac1{29} . \tag{16.18} $$


# %%
def ngram_counts(text: str, order: int = 6) -> list[Counter[str]]:
    """How often each string of 0 to `order` characters stands in the text."""
    return [Counter({"": len(text)})] + [Counter(text[i : i + n] for i in range(len(text) - n + 1)) for n in range(1, order + 1)]  # fmt: skip


def ngram_bits(counts: list[Counter[str]], text: str, first: int) -> float:
    """Bits per character from place `first` on, by (16.18)."""
    total = 0.0
    for i in range(first, len(text)):
        p = 1 / len(LETTERS)
        for n in range(1, len(counts)):
            h = text[i - n + 1 : i]
            p = (counts[n][h + text[i]] + 16 * p) / (counts[n - 1][h] + 16)
        total -= math.log2(p)
    return total / (len(text) - first)


small = ngram_counts("abcabd", 2)
whole = sum(2 ** -ngram_bits(small, "ab" + c, 2) for c in LETTERS)
check.close("probabilities sum to 1 over the letters", torch.tensor(whole), torch.tensor(1.0), rtol=1e-3)  # fmt: skip

# %%
torch.manual_seed(SEED)
gpt, lstm = LetterNet(causal=True), LetterLSTM()
bits, seconds = {}, {}
for name, net, steps, rate in (("GPT", gpt, 400, 0.01), ("LSTM", lstm, 800, 0.02)):
    begun = time.process_time()
    train_letters(net, steps, rate)
    seconds[name] = time.process_time() - begun
    bits[name] = next_letter_loss(net, WINDOWS, first=CONTEXT // 2).item()
    print(f"{name:4} {sum(p.numel() for p in net.parameters()):,} parameters, {steps} steps, {seconds[name]:.1f} s of processor: {bits[name]:.3f} bits")  # fmt: skip
counts = ngram_counts(PROSE[:CUT])
texts = ["".join(LETTERS[i] for i in row) for row in WINDOWS.tolist()]
bits["6-gram"] = sum(ngram_bits(counts, text, CONTEXT // 2 + 1) for text in texts) / len(texts)  # fmt: skip
bits["letters alone"] = sum(ngram_bits(counts[:2], text, CONTEXT // 2 + 1) for text in texts) / len(texts)  # fmt: skip
print(", ".join(f"{name} {b:.3f} bits per character" for name, b in bits.items()))

gap = {name: bits[name] - bits["6-gram"] for name in bits}
check.reaches("GPT", bits["GPT"], at_most=2.7)
check.reaches("LSTM minus 6-gram", gap["LSTM"], at_least=0.0)
check.reaches("GPT minus LSTM", bits["GPT"] - bits["LSTM"], at_least=0.15)
check.raises("65 letters", ValueError, lambda: gpt(torch.zeros(1, CONTEXT + 1, dtype=torch.long)))  # fmt: skip

# %% [markdown]
# All three are far below the entropy of the single letters. At this size, with seconds of training, counting wins: the 6-gram is ahead of both networks, and the LSTM is ahead of the transformer at about the same number of parameters, with twice as many steps in about the same time. (Orders 5 to 8 of the n-gram lie within 0.06 bits of each other: run, not shown.) Large transformers win with far more text, parameters and time; nothing in this run shows it.

# %% [markdown]
# The masked encoder sees both sides. Its control counts, too: among all places of the training text with the same letters on both sides, it takes the most frequent letter between; if the sides never stood there, it looks one letter less far. Hidden neighbours are hidden to both.


# %%
def between_counts(text: str, reach: int = 3) -> list[dict[str, Counter[str]]]:
    """For r = 0..reach: the letters that stand between r letters on the left and r on the right."""
    tables = []
    for r in range(reach + 1):
        table = defaultdict(Counter)
        for i in range(r, len(text) - r):
            table[text[i - r : i] + text[i + 1 : i + 1 + r]][text[i]] += 1
        tables.append(table)
    return tables


def between_guess(tables: list[dict[str, Counter[str]]], text: str, i: int) -> str:
    """The most frequent letter at place i, by the widest pair of sides that is known."""
    for r in range(min(len(tables) - 1, i, len(text) - 1 - i), -1, -1):
        sides = text[i - r : i] + text[i + 1 : i + 1 + r]
        if sides in tables[r]:
            return tables[r][sides].most_common(1)[0][0]
    raise ValueError("the tables are empty")


# %%
torch.manual_seed(SEED)
bert = train_letters(LetterNet(causal=False), 240, 0.01, masked=True)
rng = torch.Generator().manual_seed(SEED)
ids = WINDOWS[:100, :CONTEXT]
hidden = torch.rand(ids.shape, generator=rng) < 0.15
hidden_ids = ids.masked_fill(hidden, MASKED)
tables, right = between_counts(PROSE[:CUT]), []
for row, places in zip(hidden_ids.tolist(), hidden, strict=True):
    text = "".join((LETTERS + "?")[i] for i in row)
    right += [LETTERS.index(between_guess(tables, text, int(i))) for i in places.nonzero()]
share = {"BERT": bert(hidden_ids).argmax(dim=-1)[hidden], "counts": torch.tensor(right), "always a blank": torch.zeros(len(right))}  # fmt: skip
share = {name: (guess == ids[hidden]).double().mean().item() for name, guess in share.items()}  # fmt: skip
print(f"{len(right)} hidden letters; right: " + ", ".join(f"{name} {s:.3f}" for name, s in share.items()))  # fmt: skip
check.reaches("hidden letters: BERT minus always a blank", share["BERT"] - share["always a blank"], at_least=0.08)  # fmt: skip
check.reaches("hidden letters: counts minus BERT", share["counts"] - share["BERT"], at_least=0.1)  # fmt: skip

# %% [markdown]
# The masked encoder has learned more than the most frequent character and far less than the table of counts. It gets a gradient from 15 % of the letters only, and it was trained for some seconds; which of the two matters more was not tested. (BERT's own recipe replaces a tenth of the chosen tokens by random ones and leaves a tenth as they are, since no token is hidden at test time.) Does it use both sides? Changing a letter on the right tells the two families apart.

# %%
text = numbered("return the value of the expression")[None]
other = text.clone()
other[0, 20] = LETTERS.index("x")
for name, net in (("GPT", gpt), ("BERT", bert)):
    change = (net(other) - net(text)).abs().amax(dim=(0, 2))
    print(f"{name}: largest change before place 20 {change[:20].max():.2g}, from place 20 on {change[20:].max():.2g}")  # fmt: skip
    if net is gpt:
        check.close("GPT: nothing changes before", change[:20], torch.zeros(20), atol=1e-5)
    else:
        check.reaches("BERT: something changes before", change[:20].max().item(), at_least=0.1)  # fmt: skip

# %% [markdown]
# The page holds the trained GPT, with weights rounded to 6 bits each. Type a text, choose a layer and a head, and look at which letters each letter attends to. Take away the causal mask, and much of the weight moves to later letters, which no row could see in training; a temperature below 1 sharpens the rows.

# %%
widgets.AttentionMap(gpt, LETTERS, text="the value of the object")

# %% tags=["hide-input"]
widgets.choose(
    "Which of the three families can fill a gap in the middle of a given sentence with both sides in view, in one pass?",
    {
        "The masked encoder": True,
        "The causal decoder": "Its prediction for the gap sees the left side only.",
        "The encoder-decoder, in one pass of its decoder": "Its encoder sees both sides, but its decoder still writes token by token.",
    },
    because="A masked language model is trained for this task, and its attention has no causal mask.",
)

# %% [markdown]
# ## 16.12 How is a text drawn from the probabilities?
#
# *Going further.*
#
# *This section uses `gpt` from section 16.11.*
#
# A language model gives a distribution; a text is drawn from it letter by letter. With the logits $z_c$, the temperature $\tau$ and the set $K$ of the $k$ largest logits,
#
# $$ p(c) = \begin{cases} \dfrac{e^{z_c / \tau}}{\sum_{c' \in K} e^{z_{c'} / \tau}} & c \in K \\ 0 & \text{otherwise.} \end{cases} \tag{16.19} $$
#
# **Top-k sampling** draws the next token from the $k$ most probable ones only (Fan et al. 2018). At $\tau = 1$ and $k = 29$ this is the model itself; for $\tau \to 0$ all probability goes to the largest logit.


# %%
def next_token(logits: Tensor, temperature: float, k: int, rng: torch.Generator) -> Tensor:
    """Tokens drawn by (16.19); temperature 0 takes the most probable one.   logits: (N, V) -> (N,)"""
    if temperature < 0:
        raise ValueError(f"temperature = {temperature}: it cannot be negative")
    if not 1 <= k <= logits.shape[-1]:
        raise ValueError(f"k = {k}: give 1 to {logits.shape[-1]}")
    if temperature == 0:
        return logits.argmax(dim=-1)  # no division by zero
    values, tokens = logits.topk(k, dim=-1)  # exactly k, ties included
    p = (values / temperature).softmax(dim=-1)
    return tokens.gather(-1, torch.multinomial(p, 1, generator=rng))[..., 0]


# %%
rng = torch.Generator().manual_seed(SEED)
# two logits are equal, at the third place of the order
logits = torch.tensor([2.0, -1.0, 1.0, 1.5, 0.0, -3.0, 1.0])
draws = next_token(logits.expand(10_000, -1), 0.7, 3, rng)
frequency = torch.bincount(draws, minlength=7) / 10_000
assert (frequency > 0).sum() == 3
kept = frequency > 0
expected = torch.where(kept, (logits / 0.7).exp(), 0.0)
check.close("frequencies", frequency, expected / expected.sum(), atol=0.02)
check.close("temperature 0", next_token(logits.expand(2, -1), 0.0, 7, rng), torch.tensor([0, 0]))  # fmt: skip
low = logits.masked_fill(~kept, 1e-10)  # a slip: 1e-10 where -1e10 was meant
draws = torch.multinomial((low / 0.7).softmax(dim=-1), 10_000, replacement=True, generator=rng)  # fmt: skip
print(f"draws outside the three with 1e-10 for -1e10: {(~kept)[draws].double().mean():.3f}")
check.raises("k = 0", ValueError, lambda: next_token(logits[None], 1.0, 0, rng))
check.raises("a negative temperature", ValueError, lambda: next_token(logits[None], -1.0, 3, rng))  # fmt: skip

# %% [markdown]
# A written text can be scored without a reader: which share of its words stands in the training text? The control draws letters by their frequency alone.


# %%
@torch.no_grad()
def continued(net: LetterNet, text: str, n: int, temperature: float, k: int, rng: torch.Generator, N: int = 1) -> list[str]:  # fmt: skip
    """N continuations of the text by n letters each; the network sees the last `places` letters."""
    ids = numbered(text).expand(N, -1)
    for _ in range(n):
        last = next_token(net(ids[:, -net.places :])[:, -1], temperature, k, rng)
        ids = torch.cat((ids, last[:, None]), dim=1)
    return ["".join(LETTERS[i] for i in row) for row in ids[:, len(text) :].tolist()]


# %%
WORDS = set(PROSE[:CUT].replace(",", " ").replace(".", " ").split())


def known_words(texts: list[str]) -> float:
    """The share of the words that stand in the training text; the first and the last may be cut and do not count."""
    words = [w for text in texts for w in text.replace(",", " ").replace(".", " ").split()[1:-1]]  # fmt: skip
    return sum(w in WORDS for w in words) / len(words)


rng, known = torch.Generator().manual_seed(SEED), {}
for temperature, k in ((0.5, 29), (1.0, 29), (1.0, 5), (1.5, 29)):
    texts = continued(gpt, "the value of ", 80, temperature, k, rng, N=30)
    known[temperature, k] = known_words(texts)
    print(f"temperature {temperature}, k = {k:2}: {known[temperature, k]:.2f} known; {texts[0][:60]!r}")  # fmt: skip
drawn = PROSE_TRAIN[torch.randint(len(PROSE_TRAIN), (30, 80), generator=rng)]
chance = known_words(["".join(LETTERS[i] for i in row) for row in drawn.tolist()])
print(f"letters by frequency: {chance:.2f}; greedy: {continued(gpt, 'the value of ', 60, 0.0, 29, rng)[0]!r}")  # fmt: skip
check.reaches("known words: temperature 0.5 minus 1", known[0.5, 29] - known[1.0, 29], at_least=0.05)  # fmt: skip
check.reaches("known words: temperature 1 minus 1.5", known[1.0, 29] - known[1.5, 29], at_least=0.05)  # fmt: skip
check.reaches("known words: temperature 1 minus chance", known[1.0, 29] - chance, at_least=0.05)  # fmt: skip

# %% [markdown]
# A low temperature writes more known words; the greedy text, of temperature 0, soon repeats itself. The share of known words is no measure of quality: a text of one word alone would score 1.

# %%
widgets.LetterWriter(gpt, LETTERS, text="the value of the ")

# %% tags=["hide-input"]
widgets.predict(
    "Two letters have the probabilities 0.8 and 0.2 at temperature 1. What is the probability of the first at temperature 0.5?",
    answer=0.941,
    tolerance=0.006,
    because="Dividing the logits by 0.5 squares the probabilities before they are normalised: 0.64 / (0.64 + 0.04).",
    slips={
        "That is temperature 2: the square roots were taken.": 0.667,
        "The squares have to be normalised again.": 0.64,
    },
)

# %% [markdown]
# ## 16.13 What does a longer text cost?
#
# *Going further.*
#
# *This section uses `gpt` from section 16.11.*
#
# In a causal network the keys and values of the letters so far do not change when a letter is added. A **key-value cache** keeps the keys and values of all tokens so far, so that a new token needs only its own query, key and value. `RotaryHeads` above does it: `start` is the number of cached tokens, which gives the new token its rotation and its row of the mask.

# %%
text = numbered("assignment of an object to a single target")[None]
caches: list[dict[str, Tensor]] = [{} for _ in gpt.attentions]
pieces = [gpt(part, caches) for part in text.split([20, 1, 1, 7, 13], dim=1)]
check.close("with a cache", torch.cat(pieces, dim=1), gpt(text), atol=1e-4)
caches = [{} for _ in gpt.attentions]
# the second call gets no cache
forgetful = [gpt(text[:, :20], caches)[:, -1], gpt(text[:, 20:21])[:, -1]]
check.catches("a step that forgets the cache", lambda: check.close("step", forgetful[1], gpt(text)[:, 20]))  # fmt: skip
check.raises("beyond the positions", ValueError, lambda: gpt(PROSE_TEST[None, :45], caches))

# %% [markdown]
# How does the cost grow with the length $n$? Per layer, the four projections and the feed-forward network take $12 n d^2$ multiplications, the scores and the weighted sums $n^2 d$ each:
#
# $$ M(n) = 12\, n\, d^2 + 2\, n^2 d . \tag{16.20} $$
#
# The second term is the larger one from $n = 6 d$ on. The formula is compared with the sizes of a layer's matrices and of its attention weights, and time and memory are measured. Memory is what autograd keeps for the backward pass.


# %%
def multiplications(n: int, d: int) -> int:
    """Eq. 16.20, for an encoder layer with hidden width 4 d."""
    return 12 * n * d**2 + 2 * n**2 * d


def kept_bytes(f: abc.Callable[[], Tensor]) -> int:
    """The bytes of the different tensors that autograd saves while f runs."""
    sizes: dict[int, int] = {}

    def pack(t: Tensor) -> Tensor:
        sizes[t.untyped_storage().data_ptr()] = t.untyped_storage().nbytes()
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        alive = f()  # keep the graph until the sizes are known
    assert alive.requires_grad
    return sum(sizes.values())


# %%
def seconds_of(f: abc.Callable[[], Tensor], repeats: int = 5) -> float:
    """The shortest of several runs, in seconds of processor."""
    found = []
    for _ in range(repeats):
        begun = time.process_time()
        f()
        found.append(time.process_time() - begun)
    return min(found)


# %%
rng = torch.Generator().manual_seed(SEED)
print("     n   bytes kept   seconds")
memory, spent, LENGTHS = [], [], (256, 512, 1024, 2048)
for n in LENGTHS:
    q, k, v = (torch.randn(1, n, 16, generator=rng).requires_grad_() for _ in range(3))
    memory.append(kept_bytes(lambda: attention(q, k, v)[0]))
    with torch.no_grad():
        spent.append(seconds_of(lambda: attention(q, k, v)[0]))
    print(f"{n:6} {memory[-1]:12,} {spent[-1]:9.4f}")
check.reaches("memory, 2048 over 1024", memory[-1] / memory[-2], at_least=3.5, at_most=4.0)
check.reaches("time, 2048 over 512", spent[-1] / spent[1], at_least=6)
torch.manual_seed(SEED)
for n, d in ((7, 10), (90, 20)):
    layer = EncoderLayer(d, 2, 4 * d)
    layer(torch.randn(1, n, d, generator=rng))
    matrices = sum(m.weight.numel() for m in layer.modules() if isinstance(m, nn.Linear))
    scores = layer.heads.weights.numel() * (d // 2)  # each is a product of d/2 numbers
    check.close(f"multiplications, n = {n}, d = {d}", multiplications(n, d), n * matrices + 2 * scores)  # fmt: skip

# %% [markdown]
# Doubling the length takes about four times the memory of attention, and four times the length more than six times its time. With the cache one more token costs one row of scores; without it the whole pass is repeated.

# %%
torch.manual_seed(SEED)
long = LetterNet(causal=True, places=1025).requires_grad_(False)
print("     n   whole pass   with cache (seconds for one more letter)")
for n in (128, 512, 1024):
    ids = torch.randint(29, (1, n + 1), generator=rng)
    caches = [{} for _ in long.attentions]
    long(ids[:, :n], caches)
    again = seconds_of(lambda: long(ids), repeats=3)
    step = seconds_of(lambda: long(ids[:, n:], [dict(c) for c in caches]), repeats=3)
    print(f"{n:6} {again:12.4f} {step:12.4f}")
check.reaches("whole pass over a step with the cache, 1024 letters", again / step, at_least=5)  # fmt: skip

# %% tags=["hide-input"]
fig, ax = plots.panel("one attention, 16 numbers a token", x="length $n$", y="MiB for the backward pass", size=(3.9, 2.7), xscale="log", yscale="log")  # fmt: skip
ax.plot(LENGTHS, [m / 2**20 for m in memory], "o-", label="measured")
ax.plot(LENGTHS, [memory[-1] / 2**20 * (n / 2048) ** 2 for n in LENGTHS], "--", color=plots.ORANGE, label="$n^2$")  # fmt: skip
ax.set_xticks(LENGTHS, ["256", "512", "1024", "2048"])
ax.set_yticks([0.25, 1, 4, 16], ["0.25", "1", "4", "16"])
ax.minorticks_off()
ax.legend(loc="upper left")
plots.show(
    fig,
    alt="On logarithmic axes the memory that is kept lies close to the dashed straight line of the square of the length.",
)

# %% tags=["hide-input"]
widgets.predict(
    "A layer of width d = 64 reads n tokens. At which n do scores and weighted sums take as many multiplications as all matrices of weights?",
    answer=384,
    tolerance=0.5,
    because="12 n d² = 2 n² d at n = 6 d.",
    slips={
        "The feed-forward network takes 8 n d² of the 12 n d².": 128,
        "Scores and weighted sums take n² d each.": 768,
    },
)

# %% [markdown]
# ## 16.14 Your turn
#
# The [exercises of this chapter](../assignments/16_attention/16_attention.ipynb) have a check each, which tells you what is wrong.
#
# | exercise | kind | effort | minutes |
# |---|---|---|---|
# | six numbers before a run (16.1) | predict | ●● | 15 |
# | attention in a window, with a slope (16.2) | write | ●● | 20 |
# | a multi-head attention with three faults (16.3) | find the bug | ●● | 20 |
# | the gradient of an attention (16.4) | derive | ●●● | 25 |
# | one step of a beam (16.5) | write | ●●● | 25 |
# | grouped queries (16.6) | write | ●● | 20 |
# | a decoder layer with four faults (16.7) | find the bug | ●●● | 25 |
# | parameters and multiplications (16.8) | derive | ●● | 20 |
# | six numbers about attention (16.9) | predict | ●● | 20 |
# | nucleus sampling (16.10) | write | ●● | 20 |
# | the next letter (16.11) | go beyond | ●●● | 30 |
#
# One more question has no check.
#
# <details><summary>A network is trained on words of up to 15 letters and attends to the right letter in each. Is the map of its attention weights an explanation of its output?</summary>
#
# In part. The weights say from where the context was taken, and in section 16.3 they agree with what is known. But the encoder's states have read their neighbours, so that a weight on letter $i$ may serve letter $i + 1$; the values can be small where weights are large; and a network of many layers mixes positions before it attends. A test changes the input at that place and looks whether the output changes.
#
# </details>

# %% [markdown]
# ## 16.15 In five lines
#
# 1. An encoder-decoder hands the input on through one vector and fails as the input grows; with attention each step of the decoder takes a weighted mean of all states of the encoder.
# 2. Attention compares queries with keys and averages values: $\operatorname{softmax}(QK^\top / \sqrt{d_k})\, V$. The root keeps the variance of the logits at 1 at the start of training; the softmax runs over the keys, and $V$ stands outside.
# 3. A causal mask hides later tokens, a padding mask hides what is no token; both act before the softmax and belong to the model. Changing a token must change no output before it.
# 4. Self-attention is equivariant under permutations, so positions have to be added (or rotated in); without them, and without a mask, the order is lost.
# 5. The losses count real tokens only; a decoder trained on true prefixes writes after its own; greedy search can miss the most probable sequence, and a beam misses less often.

# %% [markdown]
# ## What the lecture notes get wrong
#
# The course follows two sets of lecture notes, of Bologna (section 5.3) and of the Politecnico di Milano ("seq2seq", "Attention Mechanism", "Transformers"). In these places it differs from them. Rows marked * are a matter of precision.
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Milan, Attention * | the same state $\mathbf h_t$ in both scores; no context vector | Bahdanau's scores use the previous state, Luong's the new one; $\mathbf c = \sum_i \alpha_i \mathbf h_i$ | Bahdanau et al. (2015); Luong et al. (2015) | section 16.3 |
# | Bologna 5.3 | a cosine similarity, computed as the dot product | the two are equal for unit vectors only | Luong et al. (2015) | section 16.3 |
# | Bologna 5.3 | $\alpha = \tanh(W_k \mathbf k + W_q \mathbf q)$ | that is a vector; the score is $\mathbf v^\top \tanh(\cdot)$, with the same $W_k$ for each key | Bahdanau et al. (2015) | section 16.3 |
# | Milan, Transformers | $\operatorname{softmax}(\mathbf q \mathbf k^\top / \sqrt d \cdot \mathbf v)$ | $\operatorname{softmax}(\mathbf q \mathbf k^\top / \sqrt d)\, \mathbf v$: both have the same shape | Vaswani et al. (2017) | section 16.4 |
# | Bologna 5.3 * | scaling avoids vanishing gradients (no reason given) | the variance $d_k$ of the logits saturates the softmax | Vaswani et al. (2017) | section 16.4 |
# | Bologna 5.3 * | queries and keys of one length; a mask in training only | the lengths differ in cross-attention; the causal mask is part of the model | Vaswani et al. (2017) | section 16.5 |
# | Bologna 5.3 | in self-attention the values are the keys | queries, keys and values are three transforms of the same sequence | Vaswani et al. (2017) | section 16.5 |
# | Milan, Transformers | the keys are a transform of the output | of the input (self-attention), or of the encoder's output (cross-attention) | Vaswani et al. (2017) | section 16.5 |
# | Milan, Positional encoding * | learned positions are the state of the art | beyond the trained lengths they are at chance; rotations of queries and keys are not | Su et al. (2021); Press et al. (2022) | section 16.8 |
# | Bologna 5.3 | an encoder of attention and a feed-forward network; the decoder's first attention unmasked; a softmax straight on the stack; the last token as the input | residual connections and layer normalisation in each layer; the first attention is causal; a linear layer before the softmax; all previous tokens | Vaswani et al. (2017); Xiong et al. (2020) | section 16.10 |
# | Milan, Transformers | self-attention is permutation invariant | it is equivariant; invariant only after pooling | Lee et al. (2019) | section 16.7 |

# %% [markdown]
# ## Further reading
#
# - I. Sutskever, O. Vinyals and Q. Le (2014), [*Sequence to sequence learning with neural networks*](https://arxiv.org/abs/1409.3215), NIPS; K. Cho et al. (2014), [*Learning phrase representations using RNN encoder-decoder for statistical machine translation*](https://arxiv.org/abs/1406.1078), EMNLP.
# - D. Bahdanau, K. Cho and Y. Bengio (2015), [*Neural machine translation by jointly learning to align and translate*](https://arxiv.org/abs/1409.0473), ICLR: additive scores, from the previous state.
# - M.-T. Luong, H. Pham and C. Manning (2015), [*Effective approaches to attention-based neural machine translation*](https://arxiv.org/abs/1508.04025), EMNLP: dot, general and others.
# - M. Ranzato, S. Chopra, M. Auli and W. Zaremba (2016), [*Sequence level training with recurrent neural networks*](https://arxiv.org/abs/1511.06732), ICLR: exposure bias.
# - A. Vaswani et al. (2017), [*Attention is all you need*](https://arxiv.org/abs/1706.03762), NIPS: (16.7) to (16.9) and (16.11).
# - J. Lee, Y. Lee, J. Kim, A. Kosiorek, S. Choi and Y. W. Teh (2019), [*Set transformer: a framework for attention-based permutation-invariant neural networks*](https://arxiv.org/abs/1810.00825), ICML.
# - O. Press, N. Smith and M. Lewis (2022), [*Train short, test long: attention with linear biases enables input length extrapolation*](https://arxiv.org/abs/2108.12409), ICLR: the slope of exercise 16.2.
# - A. Haviv, O. Ram, O. Press, P. Izsak and O. Levy (2022), [*Transformer language models without positional encodings still learn positional information*](https://arxiv.org/abs/2203.16634), Findings of EMNLP.
# - J. Su et al. (2021), [*RoFormer: enhanced transformer with rotary position embedding*](https://arxiv.org/abs/2104.09864), arXiv:2104.09864: (16.12).
# - J. L. Ba, J. R. Kiros and G. E. Hinton (2016), [*Layer normalization*](https://arxiv.org/abs/1607.06450), arXiv:1607.06450.
# - R. Xiong et al. (2020), [*On layer normalization in the transformer architecture*](https://arxiv.org/abs/2002.04745), ICML.
# - Y. Dong, J.-B. Cordonnier and A. Loukas (2021), [*Attention is not all you need: pure attention loses rank doubly exponentially with depth*](https://arxiv.org/abs/2103.03404), ICML.
# - J. Devlin, M.-W. Chang, K. Lee and K. Toutanova (2019), [*BERT: pre-training of deep bidirectional transformers for language understanding*](https://arxiv.org/abs/1810.04805), NAACL.
# - A. Radford, K. Narasimhan, T. Salimans and I. Sutskever (2018), [*Improving language understanding by generative pre-training*](https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf), OpenAI: GPT.
# - A. Fan, M. Lewis and Y. Dauphin (2018), [*Hierarchical neural story generation*](https://arxiv.org/abs/1805.04833), ACL: top-k sampling.
# - A. Holtzman, J. Buys, L. Du, M. Forbes and Y. Choi (2020), [*The curious case of neural text degeneration*](https://arxiv.org/abs/1904.09751), ICLR: nucleus sampling.
# - J. Ainslie et al. (2023), [*GQA: training generalized multi-query transformer models from multi-head checkpoints*](https://arxiv.org/abs/2305.13245), EMNLP.

# %% [markdown] tags=["neighbours"]
# Before: [15 Recurrence](15_recurrence.ipynb).

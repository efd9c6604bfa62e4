# %% [markdown]
# # 1 Neurons and expressivity
#
# Prose with $x^2$, a link to [a section](02_optimization.ipynb#22-a-second-question), one to the
# [next heading](#1.1-What-does-a-neuron-do?), one to a [later chapter](16_attention.ipynb), and one to
# [the exercises](../assignments/01_neurons/01_neurons.ipynb).
#
# > **Pitfall.** A quotation with $\alpha$.
#
# $$ \frac{\partial L}{\partial w_{ab}} = \sum_{i,j} \frac{\partial L}{\partial y_{ij}}\, x_{i+a,\,j+b} \qquad \text{a formula that is wider than a phone} \tag{1.1} $$

# %%
import anywidget
import ipywidgets
import traitlets
from course_utils import check

check.reaches("accuracy | of <one>", 0.97, at_least=0.9)
check.close("a name with which the sentence is wider than a phone", 1.0, 1.0)
print("a line that is much too long for a phone, " * 4)

# %% tags=["hide-input"]
from IPython.display import HTML

HTML('<svg role="img" aria-label="a blue square" viewBox="0 0 10 10" style="max-width:100px"><path d="M0 0H10V10H0z" fill="var(--dl-blue)"/></svg>')

# %% [markdown]
# ## 1.1 What does a neuron do?
#
# <details><summary>An answer</summary>
#
# It adds up, $w x + b$.
#
# </details>
#
# | symbol | name |
# |---|---|
# | $x$ | `x` |

# %%
COUNTER = """
export default {
  initialize({ model }) { model.set("initialised", model.get("initialised") + 1); return () => { window.left = (window.left ?? 0) + 1; }; },
  render({ model, el }) {
    const button = document.createElement("button");
    const draw = () => { button.textContent = `${model.get("count")} of ${model.get("bytes").getInt8(1)}, ${model.get("initialised")}`; };
    button.addEventListener("click", () => { model.set("count", model.get("count") + 1); model.save_changes(); });
    model.on("change:count", draw);
    draw();
    el.append(button);
    return () => { model.off("change:count", draw); window.left = (window.left ?? 0) + 1; };
  },
};
"""


class Counter(anywidget.AnyWidget):
    _esm = COUNTER
    _css = "button { min-height: 32px; }"
    count = traitlets.Int(3).tag(sync=True)
    initialised = traitlets.Int(0).tag(sync=True)
    bytes = traitlets.Bytes(b"\x01\x07").tag(sync=True)


counter = Counter()
counter

# %%
counter

# %%
class Broken(anywidget.AnyWidget):
    _esm = "this is no module"


Broken()

# %%
class Throws(anywidget.AnyWidget):
    _esm = 'export default () => ({ render() { throw new Error("the data are empty") } })'


Throws()

# %%
class Sends(anywidget.AnyWidget):
    _esm = "export default { render({ model }) { model.send({}) } }"


Sends()

# %%
ipywidgets.IntSlider(description="dead")

# %% [markdown]
# ## What the lecture notes get wrong
#
# | where | they say | what is right | source | shown in |
# |---|---|---|---|---|
# | Bologna 1.1 | $x \le 0$ | $x < 0$ | Rosenblatt (1958) | section 1.1 |

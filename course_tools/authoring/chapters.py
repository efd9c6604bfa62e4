"""The chapters: the one table that the site, the lab's start page and the README go by.

A chapter begins as a row without a time (planned), becomes a draft with its source, and is finished when its row
states the `seconds` that its run takes on two processor cores. `course build` writes the README's table from here.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from course_tools.paths import ROOT


@dataclass(frozen=True)
class Chapter:
    """One chapter of the course. `builds` is what the reader makes in it, `seconds` how long its run takes."""

    name: str
    title: str
    builds: str
    seconds: int | None = None

    @property
    def number(self) -> int:
        """1, 2, 3, ..."""
        return int(self.name[:2])

    def source(self, root: Path = ROOT) -> Path:
        """Where its py:percent source is, or will be."""
        return root / "chapters" / f"{self.name}.py"

    def is_written(self, root: Path = ROOT) -> bool:
        """False while the chapter is planned."""
        return self.source(root).exists()

    def row(self, root: Path = ROOT) -> str:
        """Its line in the README's table."""
        written = self.is_written(root)
        title = f"[{self.title}](chapters/{self.name}.ipynb)" if written else self.title
        time = f"{self.seconds} s" if self.seconds else "draft"
        return f"| {self.number} | {title} | {self.builds} | {time if written else 'planned'} |"


CHAPTERS = (
    Chapter("01_neurons", "Neurons and expressivity", "a perceptron, its learning rules, and a layer of ReLUs", 15),
    Chapter(
        "02_optimization",
        "Gradient descent and optimisers",
        "gradient descent, momentum, Nesterov, AdaGrad and Adam",
        20,
    ),
    Chapter(
        "03_backpropagation",
        "Backpropagation",
        "an autograd tape, an MLP's backward pass, losses from likelihoods",
        15,
    ),
    Chapter("04_stable_training", "Making training work", "activations, initialisers and batch normalisation", 30),
    Chapter("05_generalization", "Generalisation", "cross-validation, early stopping, dropout and augmentation", 45),
    Chapter("06_convolution", "Convolution", "a convolution by loops and as a matrix, backward, and pooling", 30),
    Chapter(
        "07_architectures", "Architectures and transfer", "inception, residual and separable blocks; fine-tuning", 75
    ),
    Chapter(
        "08_feature_visualization", "Looking inside a network", "DeepDream, feature inversion and style transfer", 75
    ),
    Chapter("09_localization", "Localisation and explanations", "class activation maps, Grad-CAM and RISE", 80),
    Chapter("10_segmentation", "Segmentation", "fully convolutional networks, four upsamplers and a U-Net", 40),
    Chapter("11_detection", "Detection", "IoU, anchors, a YOLO head, RoI pooling and NMS", 25),
    Chapter("12_data_manifold", "The data manifold", "adversarial examples, autoencoders and metric learning", 80),
    Chapter("13_vae_gan", "Variational autoencoders and GANs", "a VAE, a GAN, and the distances that judge them", 60),
    Chapter(
        "14_flows_diffusion",
        "Flows and diffusion",
        "coupling layers, and a diffusion model that draws a caption",
        110,
    ),
    Chapter("15_recurrence", "Recurrence", "an RNN and an LSTM with backpropagation through time", 55),
    Chapter("16_attention", "Attention", "scaled dot-product attention and a small transformer", 80),
)

README_TABLE = re.compile(r"(<!-- course build writes this table -->\n).*?(?=<!-- end of the table -->)", re.DOTALL)


def of(name: str) -> Chapter | None:
    """The row of a chapter, by its full name; None when the table has none."""
    return next((chapter for chapter in CHAPTERS if chapter.name == name), None)


def with_table(readme: str, root: Path = ROOT) -> str:
    """The README with the table that belongs to it now."""
    heading = "| | Chapter | You build | Runs in |\n|--:|---|---|--:|\n"
    table = "".join(f"{chapter.row(root)}\n" for chapter in CHAPTERS)
    return README_TABLE.sub(lambda found: f"{found[1]}\n{heading}{table}\n", readme)

"""The 16 chapters: the one table that the site, the lab's start page and the README go by."""

from dataclasses import dataclass
from pathlib import Path

from course_tools.paths import ROOT


@dataclass(frozen=True)
class Chapter:
    """One chapter of the course, written or planned. `builds` is what the reader makes in it."""

    name: str
    title: str
    builds: str

    @property
    def number(self) -> int:
        """1 to 16."""
        return int(self.name[:2])

    def source(self, root: Path = ROOT) -> Path:
        """Where its py:percent source is, or will be."""
        return root / "chapters" / f"{self.name}.py"

    def is_written(self, root: Path = ROOT) -> bool:
        """False while the chapter is planned."""
        return self.source(root).exists()


CHAPTERS = (
    Chapter("01_neurons", "Neurons and expressivity", "a perceptron, its learning rules, and a layer of ReLUs"),
    Chapter("02_optimization", "Gradient descent and optimisers", "gradient descent, momentum, Nesterov and Adam"),
    Chapter("03_backpropagation", "Backpropagation", "an autograd tape, an MLP's backward pass, four losses"),
    Chapter("04_stable_training", "Making training work", "activations, initialisers and batch normalisation"),
    Chapter("05_generalization", "Generalisation", "cross-validation, early stopping, dropout, augmentation"),
    Chapter("06_convolution", "Convolution", "a convolution by loops and as a matrix, backward, and pooling"),
    Chapter(
        "07_architectures", "Architectures and transfer", "inception, residual and separable blocks; fine-tuning"
    ),
    Chapter(
        "08_feature_visualization", "Looking inside a network", "DeepDream, feature inversion and style transfer"
    ),
    Chapter("09_localization", "Localisation and explanations", "class activation maps, Grad-CAM and RISE"),
    Chapter("10_segmentation", "Segmentation", "fully convolutional networks, four upsamplers and a U-Net"),
    Chapter("11_detection", "Detection", "IoU, anchors, a YOLO head, RoI pooling and NMS"),
    Chapter("12_data_manifold", "The data manifold", "adversarial examples, autoencoders and metric learning"),
    Chapter("13_vae_gan", "Variational autoencoders and GANs", "a VAE, a GAN, and the distances that judge them"),
    Chapter("14_flows_diffusion", "Flows and diffusion", "coupling layers and a diffusion model"),
    Chapter("15_recurrence", "Recurrence", "an RNN and an LSTM with backpropagation through time"),
    Chapter("16_attention", "Attention", "scaled dot-product attention and a small transformer"),
)

"""Two classifiers of small pictures of shapes: the model file of the demo project.

Both read the checkpoint `shapes.pt` (made by `scripts/train_demo.py`); the class names are in `CLASS_NAMES`,
in the order of the logits.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLASS_NAMES = ("circle", "square", "triangle", "cross", "ring")


def _conv_norm(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut: [n, in, h, w] to [n, out, h / stride, w / stride]."""

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.first = _conv_norm(in_channels, out_channels, 3, stride)
        self.second = _conv_norm(out_channels, out_channels, 3)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = _conv_norm(in_channels, out_channels, 1, stride)

    def forward(self, features: Tensor) -> Tensor:
        """Add what the convolutions found to the shortcut."""
        found = self.second(torch.relu(self.first(features)))
        return torch.relu(found + self.shortcut(features))


class ShapesNet(nn.Module):
    """Say which shape is in a picture.

    Args:
        num_classes: Number of shapes, the width of the output.
        width: Channels of the first stage; the next two have twice and four times as many.
        in_channels: 3 for colour, 1 for grey.
    """

    def __init__(self, num_classes: int = 5, width: int = 16, in_channels: int = 3) -> None:
        super().__init__()
        self.stem = _conv_norm(in_channels, width, 3)
        self.stages = nn.Sequential(
            ResidualBlock(width, width),
            ResidualBlock(width, 2 * width, stride=2),
            ResidualBlock(2 * width, 4 * width, stride=2),
        )
        self.head = nn.Linear(4 * width, num_classes)

    def forward(self, image: Tensor) -> Tensor:
        """Logits [n, num_classes] of pictures [n, in_channels, h, w] in 0..1."""
        return self.classify(self.features(image))

    def features(self, image: Tensor) -> Tensor:
        """Feature maps [n, 4 * width, h / 4, w / 4]; pixels are centred on zero first."""
        found: Tensor = self.stages(torch.relu(self.stem(2.0 * image - 1.0)))
        return found

    def classify(self, features: Tensor) -> Tensor:
        """Logits [n, num_classes] from feature maps, averaged over the picture."""
        logits: Tensor = self.head(features.mean(dim=(2, 3)))
        return logits


class BatchBranchNet(ShapesNet):
    """ShapesNet with a shortcut for big batches: pooling looks at every other row and column.

    Same parameters, same checkpoint. In eager mode the branch is taken as written. An exporter follows one
    path only: exported from an example of one or two pictures, the artifact never takes the shortcut, and
    its answers differ from this class's from three pictures on. Export and checker report nothing.
    """

    def forward(self, image: Tensor) -> Tensor:
        """Logits [n, num_classes] of pictures [n, in_channels, h, w] in 0..1."""
        features = self.features(image)
        if image.shape[0] > 2:  # a queue has built up: be quick
            features = features[:, :, ::2, ::2]
        return self.classify(features)

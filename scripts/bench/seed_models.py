"""The five models that `seed_claims.py` measures: common shapes, random weights, no file to download.

The speed of a model hangs on its shapes, not on what its weights have learnt; its accuracy in INT8 does hang on them,
so the errors in that table are of random weights and no promise for a trained model.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def _conv_norm(in_channels: int, out_channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions beside a shortcut (He et al. 2015, figure 5): [n, in, h, w] to [n, 4 width, ...]."""

    def __init__(self, in_channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.reduce = _conv_norm(in_channels, width, 1)
        self.spatial = _conv_norm(width, width, 3, stride)
        self.expand = _conv_norm(width, 4 * width, 1)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != 4 * width:
            self.shortcut = _conv_norm(in_channels, 4 * width, 1, stride)

    def forward(self, features: Tensor) -> Tensor:
        found = torch.relu(self.spatial(torch.relu(self.reduce(features))))
        return torch.relu(self.expand(found) + self.shortcut(features))


class ResNet50(nn.Module):
    """As large as ResNet-50 (He et al. 2015, table 1): 25.6 million parameters; [n, 3, 224, 224] to [n, 1000]."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Sequential(_conv_norm(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1))
        blocks: list[nn.Module] = []
        channels = 64
        for width, depth, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            for place in range(depth):
                blocks.append(Bottleneck(channels, width, stride if place == 0 else 1))
                channels = 4 * width
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(channels, 1000)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.head(self.blocks(self.stem(image)).mean(dim=(2, 3)))
        return logits


class SmallCnn(nn.Module):
    """Six convolutions, 0.3 million parameters: [n, 3, 64, 64] to [n, 10]."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        layers: list[nn.Module] = []
        channels = 3
        for width, stride in ((32, 1), (32, 2), (64, 1), (64, 2), (128, 1), (128, 2)):
            layers += [_conv_norm(channels, width, 3, stride), nn.ReLU()]
            channels = width
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(channels, 10)

    def forward(self, image: Tensor) -> Tensor:
        logits: Tensor = self.head(self.layers(image).mean(dim=(2, 3)))
        return logits


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward net, each after a norm and beside a shortcut, on [n, length, width]."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.feed_norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        n, length, width = tokens.shape
        parts = self.qkv(self.attention_norm(tokens)).view(n, length, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.out(mixed.transpose(1, 2).reshape(n, length, width))
        fed: Tensor = self.down(functional.gelu(self.up(self.feed_norm(tokens))))
        return tokens + fed


class BertBase(nn.Module):
    """As large as BERT-base's encoder (Devlin et al. 2018): 12 layers, width 768, 12 heads; [n, length] to [n, 2]."""

    def __init__(self, vocabulary: int = 30522, width: int = 768, layers: int = 12, heads: int = 12) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.tokens = nn.Embedding(vocabulary, width)
        self.places = nn.Embedding(512, width)
        self.layers = nn.ModuleList(EncoderLayer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 2)

    def forward(self, token_ids: Tensor) -> Tensor:
        found = self.tokens(token_ids) + self.places(torch.arange(token_ids.shape[1], device=token_ids.device))
        for layer in self.layers:
            found = layer(found)
        logits: Tensor = self.head(self.norm(found)[:, 0])
        return logits


class Lstm(nn.Module):
    """Two LSTM layers of 256: [n, length, 64] to [n, 8]."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.lstm = nn.LSTM(64, 256, num_layers=2, batch_first=True)
        self.head = nn.Linear(256, 8)

    def forward(self, series: Tensor) -> Tensor:
        found, _ = self.lstm(series)
        scores: Tensor = self.head(found[:, -1])
        return scores


class Mlp(nn.Module):
    """Three layers of 64: [n, 64] to [n, 10]; a call takes some ten microseconds."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, features: Tensor) -> Tensor:
        scores: Tensor = self.layers(features)
        return scores

"""Models into whose artifacts faults are planted; each operation that one is planted into is there once."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def _seeded(module: nn.Module) -> nn.Module:
    """Give the weights and the statistics of a module values that tell everything apart."""
    generator = torch.Generator().manual_seed(7)
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.is_floating_point():
            tensor.data.copy_(torch.rand(tensor.shape, generator=generator) * 0.6 + 0.2)
    return module


class PictureNet(nn.Module):
    """Convolutions, normalisation before them, padding, pooling and resizing: [n, 3, 8, 8] to [n, 4, 5]."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(3)
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.act = nn.ReLU6()
        self.pad = nn.ReflectionPad2d(2)
        self.second = nn.Conv2d(4, 4, 3, bias=False)
        self.pool = nn.AvgPool2d(3, 2, padding=1, count_include_pad=False)
        self.leaky = nn.LeakyReLU(0.2)
        self.up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False)
        self.head = nn.Linear(4, 4)
        _seeded(self)
        with torch.no_grad():
            self.first.weight -= 0.5
            self.second.weight -= 0.5

    def forward(self, image: Tensor) -> Tensor:
        features = self.act(self.first(self.norm(image)))
        features = self.second(self.pad(features))
        features = self.leaky(self.pool(features) - 0.4)
        features = self.up(features)
        scores: Tensor = self.head(features.mean(dim=3).transpose(1, 2))
        return scores


class Attention(nn.Module):
    """One head, written out."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)

    def forward(self, tokens: Tensor) -> Tensor:
        scores = self.query(tokens) @ self.key(tokens).transpose(1, 2)
        weights = torch.softmax(scores / 8.0, dim=-1)
        mixed: Tensor = weights @ self.value(tokens)
        return mixed


class TextNet(nn.Module):
    """Embedding, attention, layer norm, GELU and index arithmetic: ids [n, 6] to [n, 5, 6] and the best place."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(20, 6)
        self.attention = Attention(6)
        self.norm = nn.LayerNorm(6)
        self.hidden = nn.Linear(6, 6)
        _seeded(self)
        with torch.no_grad():
            self.embed.weight.copy_(torch.randn(20, 6, generator=torch.Generator().manual_seed(3)))
            self.hidden.weight -= 0.5

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.embed(ids)
        tokens = self.norm(tokens + self.attention(tokens))
        tokens = functional.gelu(self.hidden(tokens))
        steps = tokens[:, 1:] - tokens[:, :-1]
        running = torch.cumsum(steps, dim=1)
        coarse = (running * 3.7).to(torch.int32).to(torch.float32)
        chosen = torch.where(coarse > 0.5, running, coarse)
        scaled = chosen / (steps.abs() + 0.5)
        joined = torch.cat((torch.sin(scaled), torch.cos(scaled)), dim=2)
        return joined, joined.argmax(dim=2)


class BatchShare(nn.Module):
    """A share of the whole batch, and a reshape: what exporters like to freeze."""

    def forward(self, x: Tensor) -> Tensor:
        share = x.sum(dim=0, keepdim=True) / x.shape[0]
        grouped = (2.0 * x - share).reshape(x.shape[0], 2, 3)
        return torch.tanh(grouped)


class CountsRows(nn.Module):
    """`len` of a tensor, which tracing takes for a number."""

    def forward(self, x: Tensor) -> Tensor:
        scaled = x * 3.0
        return torch.tanh(scaled / len(x))


class BranchOnSize(nn.Module):
    """Takes another path for larger batches."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        _seeded(self)

    def forward(self, x: Tensor) -> Tensor:
        hidden = torch.relu(self.layer(x))
        if x.shape[0] > 2:
            hidden = hidden * 0.5
        scores: Tensor = self.layer(hidden)
        return scores


class LargeInside(nn.Module):
    """Goes beyond what float16 can hold, and comes back; what moves values moves them in float16 on every device."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        _seeded(self)

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.layer(x) * 400.0
        energy = hidden * hidden
        scores: Tensor = torch.log1p(energy.transpose(0, 1))
        return scores


class HalfFriendly(nn.Module):
    """Nothing that float16 could not do, but for its rounding."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        self.norm = nn.LayerNorm(6)
        _seeded(self)

    def forward(self, x: Tensor) -> Tensor:
        scores: Tensor = self.norm(torch.relu(self.layer(x)))
        return scores

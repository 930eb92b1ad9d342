"""Eight small architectures without a fault: each has batch norms and a dropout called ``drop``."""

import torch
from torch import nn
from torch.nn import functional as F


def unit(inputs: int, outputs: int, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, 3, stride, 1, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU())


class Head(nn.Module):
    def __init__(self, width: int, classes: int = 5):
        super().__init__()
        self.hidden, self.drop, self.out = (
            nn.Linear(width, 16),
            nn.Dropout(0.3),
            nn.Linear(16, classes),
        )

    def forward(self, x):
        x = x.mean((2, 3)) if x.ndim == 4 else x
        return self.out(self.drop(F.gelu(self.hidden(x))))


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Sequential(unit(3, 8), nn.MaxPool2d(2), unit(8, 8)), Head(8)

    def forward(self, x):
        return self.head(self.body(x))


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.one, self.head = unit(3, 8), unit(8, 8), Head(8)
        self.conv, self.norm = nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)

    def forward(self, x):
        x = self.stem(x)
        return self.head(F.relu(x + self.norm(self.conv(self.one(x)))))


class Depthwise(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.depth, self.point = (
            unit(3, 8),
            unit(8, 8, groups=8),
            nn.Conv2d(8, 12, 1, bias=False),
        )
        self.norm, self.head = nn.BatchNorm2d(12), Head(12)

    def forward(self, x):
        return self.head(F.relu6(self.norm(self.point(self.depth(self.stem(x))))))


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem, self.first, self.second, self.head = (
            unit(3, 8),
            unit(8, 4),
            unit(12, 4),
            Head(16),
        )

    def forward(self, x):
        x = self.stem(x)
        x = torch.cat([x, self.first(x)], 1)
        return self.head(torch.cat([x, self.second(x)], 1))


class Attention(nn.Module):
    """Patches, attention with its own dropout, and a dictionary as the answer."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm, self.head = unit(3, 16, 2), nn.LayerNorm(16), Head(16)
        self.attention = nn.MultiheadAttention(16, 2, dropout=0.1, batch_first=True)

    def forward(self, x):
        tokens = self.norm(self.stem(x).flatten(2).transpose(1, 2))
        mixed, weights = self.attention(tokens, tokens, tokens)
        return {"logits": self.head((tokens + mixed).mean(1)), "attention": weights}


class UNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down, self.low, self.drop, self.up = (
            unit(3, 8),
            unit(8, 16, 2),
            nn.Dropout(0.3),
            nn.Conv2d(16, 8, 1),
        )
        self.out = nn.Conv2d(16, 5, 1)

    def forward(self, x):
        high = self.down(x)
        low = self.up(self.drop(self.low(high)))
        return self.out(torch.cat([high, F.interpolate(low, scale_factor=2)], 1))


class Pair(nn.Module):
    """A generator and a discriminator; it answers with an image and a score, as a tuple."""

    def __init__(self):
        super().__init__()
        self.start, self.grow = (
            nn.ConvTranspose2d(3, 8, 4, 2, 1, bias=False),
            nn.Conv2d(8, 3, 3, padding=1),
        )
        self.norm, self.judge, self.head = nn.BatchNorm2d(8), unit(3, 8, 2), Head(8, 2)

    def forward(self, noise):
        image = torch.tanh(self.grow(F.relu(self.norm(self.start(noise)))))
        return image, self.head(F.leaky_relu(self.judge(image), 0.2))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.memory, self.head = (
            unit(3, 8),
            nn.LSTM(8, 8, 2, dropout=0.2, batch_first=True),
            Head(8),
        )

    def forward(self, x):
        states, _ = self.memory(self.body(x).mean(2).transpose(1, 2))
        return self.head(states[:, -1])


ARCHITECTURES = {
    kind.__name__: kind
    for kind in (Plain, Residual, Depthwise, Dense, Attention, UNet, Pair, Recurrent)
}


def build(name: str) -> nn.Module:
    torch.manual_seed(0)
    return ARCHITECTURES[name]()


def images(n: int = 8) -> torch.Tensor:
    return torch.randn(n, 3, 12, 12, generator=torch.Generator().manual_seed(1))

"""AlexNet of 2012 in one tower, and ZFNet. torchvision's alexnet is another network (of 2014)."""
from torch import nn


def norm():
    # Krizhevsky et al. 2012, section 3.3; PyTorch divides alpha by the size, the paper does not.
    return nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


def draw(model, bias_is_one):
    layers = [m for m in model.modules() if isinstance(m, (nn.Conv2d, nn.Linear))]
    for i, layer in enumerate(layers):
        nn.init.normal_(layer.weight, 0, 0.01)
        nn.init.constant_(layer.bias, 1 if i in bias_is_one else 0)


def classifier(num_classes):
    return nn.Sequential(
        nn.Linear(256 * 6 * 6, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5),
        nn.Linear(4096, num_classes),
    )


class AlexNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2), nn.ReLU(), norm(), nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )
        self.classifier = classifier(num_classes)
        draw(self, bias_is_one=(1, 3, 4, 5, 6))

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


class ZFNet(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 7, stride=2, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), norm(),
            nn.Conv2d(96, 256, 5, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True), norm(),
            nn.Conv2d(256, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2, ceil_mode=True),
        )
        self.classifier = classifier(num_classes)
        draw(self, bias_is_one=())

    def forward(self, x):
        return self.classifier(self.features(x).flatten(1))


MODELS = {"alexnet_2012": AlexNet, "zfnet": ZFNet}
INPUTS = {"alexnet_2012": (3, 227, 227), "zfnet": (3, 224, 224)}

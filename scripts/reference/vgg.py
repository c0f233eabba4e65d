"""The configurations of VGG that torchvision has not: A-LRN and C of table 1, plain and with batch norm."""
from torch import nn

A = [[(64, 3)], [(128, 3)], [(256, 3)] * 2, [(512, 3)] * 2, [(512, 3)] * 2]
C = [[(64, 3)] * 2, [(128, 3)] * 2, [(256, 3), (256, 3), (256, 1)], [(512, 3), (512, 3), (512, 1)], [(512, 3), (512, 3), (512, 1)]]


class VGG(nn.Module):
    def __init__(self, blocks, lrn, batch_norm, num_classes):
        super().__init__()
        layers = []
        channels = 3
        for b, block in enumerate(blocks):
            for out, window in block:
                layers.append(nn.Conv2d(channels, out, window, padding=window // 2))
                if batch_norm:
                    layers.append(nn.BatchNorm2d(out))
                layers.append(nn.ReLU())
                if lrn and b == 0:
                    # The constants of Krizhevsky et al. 2012; PyTorch divides alpha by the size.
                    layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2))
                channels = out
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(7)
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(0.5),
            nn.Linear(4096, num_classes),
        )
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(m.bias)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


MODELS = {
    "vgg11_lrn": lambda num_classes: VGG(A, True, False, num_classes),
    "vgg11_lrn_bn": lambda num_classes: VGG(A, True, True, num_classes),
    "vgg16_c": lambda num_classes: VGG(C, False, False, num_classes),
    "vgg16_c_bn": lambda num_classes: VGG(C, False, True, num_classes),
}
INPUTS = {name: (3, 224, 224) for name in MODELS}

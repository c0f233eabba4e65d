"""PyTorch definitions of the networks that torchvision has not, written from the papers in the plainest style.

Each module maps ids to functions of the number of classes: MODELS = {"lenet_5": lambda num_classes: ...}, and INPUTS maps
ids to the shape (channels, height, width) of the image.
"""

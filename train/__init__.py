if __name__ != "hasila.train":
    raise ImportError("import hasila.train, not train: the folder is part of the package hasila")

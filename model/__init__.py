if __name__ != "hasila.model":
    raise ImportError("import hasila.model, not model: the folder is part of the package hasila")

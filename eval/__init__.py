if __name__ != "hasila.eval":
    raise ImportError("import hasila.eval, not eval: the folder is part of the package hasila")

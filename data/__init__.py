if __name__ != "hasila.data":
    raise ImportError("import hasila.data, not data: the folder is part of the package hasila")

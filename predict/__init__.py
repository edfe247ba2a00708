if __name__ != "hasila.predict":
    raise ImportError("import hasila.predict, not predict: the folder is part of the package hasila")

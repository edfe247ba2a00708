if __name__ != "hasila.scripts":
    raise ImportError("import hasila.scripts, not scripts: the folder is part of the package hasila")

"""The command line, thin: parse, call, print."""

if __name__ != "hasila.scripts":
    raise ImportError("import hasila.scripts, not scripts: the folder is part of hasila")

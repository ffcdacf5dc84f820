"""The web application: who may ask, how is it kept and shown? Folders are layers, file names are features."""

"""Small files: what each kind of plugin must offer; no Django."""

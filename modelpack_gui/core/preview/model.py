"""The model and its weights as Python source."""

from __future__ import annotations

from modelpack_gui.core.preview.pycode import bracketed, is_name, keywords, literal, path_literal
from modelpack_gui.core.records import CheckpointSpec, KeyReport, ModelSource

INDEX_SUFFIX = ".index.json"
_USUAL_KEYS = ("state_dict", "model_state_dict", "model")
_USUAL_PREFIXES = ("module.", "_orig_mod.", "model.", "net.")


def import_names(source: ModelSource) -> set[str]:
    """Modules that the lines need."""
    checkpoint = source.checkpoint
    names = {"torch"}
    if source.file and not source.is_saved_model:
        names |= {"importlib.util", "sys"}
    if checkpoint and checkpoint.path.endswith(INDEX_SUFFIX):
        names.add("json")
    allowed = (*source.allowed_globals, *(checkpoint.allowed_globals if checkpoint else ()))
    return names | {name.rpartition(".")[0] for name in allowed if "." in name}


def needs_safetensors(source: ModelSource) -> bool:
    """Whether `load_file` of safetensors is used."""
    path = source.checkpoint.path if source.checkpoint else ""
    return path.removesuffix(INDEX_SUFFIX).endswith(".safetensors")


def model_lines(source: ModelSource, keys: KeyReport | None = None) -> list[str]:
    """Lines that make `model`, with its weights, in eval mode.

    Args:
        keys: Of the last load, which found the state dict's key and prefix; None takes the usual ones.
    """
    if source.is_saved_model:
        return _saved_lines(source)
    has_weights = source.checkpoint is not None and source.checkpoint.path
    seed = [] if has_weights else ["torch.manual_seed(0)  # the same random weights each time"]
    lines = [*_class_lines(source), "", *seed, _construct_line(source), *_checkpoint_lines(source.checkpoint, keys)]
    return [*lines, "model.eval()"]


def _saved_lines(source: ModelSource) -> list[str]:
    """The suffix tells what is in the file; what is in it really, only the worker knows."""
    path = path_literal(source.file)
    if source.file.endswith(".pt2"):
        return [f"model = torch.export.load({path}).module()"]
    if source.allowed_globals:
        load = bracketed("model = torch.load(", [path, 'map_location="cpu"', "weights_only=True"], ")")
        return [*_allowing(source.allowed_globals, load), "model.eval()"]
    return [f"model = torch.jit.load(str({path}))", "model.eval()"]


def _class_lines(source: ModelSource) -> list[str]:
    outer = source.name.split(".")[0]
    if source.module:
        if all(is_name(part) for part in source.module.split(".")):
            return [f"from {source.module} import {outer}"]
        return ["import importlib", "", f"{outer} = importlib.import_module({literal(source.module)}).{outer}"]
    return [
        f"model_file = {path_literal(source.file)}.resolve()",
        "root = model_file.parent",
        'while (root / "__init__.py").is_file():  # up to the folder that its package lies in',
        "    root = root.parent",
        "sys.path[:0] = [str(root), str(model_file.parent)]  # for what the file imports",
        'package = ".".join(model_file.parent.relative_to(root).parts)',
        "if package:",
        '    module = importlib.import_module(f"{package}.{model_file.stem}")',
        "else:",
        "    spec = importlib.util.spec_from_file_location(model_file.stem, model_file)",
        "    module = importlib.util.module_from_spec(spec)",
        "    sys.modules[spec.name] = module",
        "    spec.loader.exec_module(module)",
    ]


def _construct_line(source: ModelSource) -> str:
    callee = source.name if source.module else f"module.{source.name}"
    arguments = keywords({name: literal(value) for name, value in source.arguments.items()})
    return bracketed(f"model = {callee}(", arguments, ")")


def _checkpoint_lines(checkpoint: CheckpointSpec | None, keys: KeyReport | None) -> list[str]:
    if checkpoint is None or not checkpoint.path:
        return []
    path = path_literal(checkpoint.path) if checkpoint.path.startswith("~") else literal(checkpoint.path)
    if checkpoint.path.endswith(INDEX_SUFFIX):
        lines = _shard_lines(checkpoint, path)
    elif checkpoint.path.endswith(".safetensors"):
        lines = [f"state_dict = load_file({path})"]
    else:
        lines = [*_load_lines("checkpoint", path, checkpoint.allowed_globals), *_nested_lines(checkpoint, keys)]
    prefix = checkpoint.prefix or (keys.prefix if keys is not None else "")
    if prefix:
        item = f"key.removeprefix({literal(prefix)}): value"
        lines.append(f"state_dict = {{{item} for key, value in state_dict.items()}}")
    elif keys is None:  # not loaded yet: as loading does, where all keys match then
        lines += [
            f"for prefix in {literal(_USUAL_PREFIXES)}:",
            "    bare = {key.removeprefix(prefix): value for key, value in state_dict.items()}",
            "    if bare.keys() == model.state_dict().keys():",
            "        state_dict = bare",
        ]
    if checkpoint.dtype:  # first: a float64 checkpoint would lose digits on its way through a float32 model
        lines.append(f"model.to(torch.{checkpoint.dtype})")
    if checkpoint.strict:
        return [*lines, "model.load_state_dict(state_dict)"]
    return [
        *lines,
        "own = model.state_dict()  # what has another shape is left as constructed",
        "fitting = {key: value for key, value in state_dict.items() if key in own and value.shape == own[key].shape}",
        "model.load_state_dict(fitting, strict=False)",
    ]


def _nested_lines(checkpoint: CheckpointSpec, keys: KeyReport | None) -> list[str]:
    key = checkpoint.key or (keys.key if keys is not None else None)
    if key:
        return ["state_dict = checkpoint" + "".join(f"[{literal(part)}]" for part in key.split("."))]
    if key is not None:
        return ["state_dict = checkpoint"]
    return [
        f"key = next((key for key in {literal(_USUAL_KEYS)} if key in checkpoint), None)",
        "state_dict = checkpoint[key] if key else checkpoint",
    ]


def _shard_lines(checkpoint: CheckpointSpec, path: str) -> list[str]:
    is_safetensors = checkpoint.path.removesuffix(INDEX_SUFFIX).endswith(".safetensors")
    load = ["shard = load_file(folder / name)"] if is_safetensors else _load_lines("shard", "folder / name", ())
    return [
        f"index_file = Path({path})" if not path.startswith("Path(") else f"index_file = {path}",
        "folder, state_dict = index_file.parent, {}",
        'for name in sorted(set(json.loads(index_file.read_text())["weight_map"].values())):',
        *("    " + line for text in load for line in text.splitlines()),
        "    state_dict.update(shard)",
    ]


def _load_lines(target: str, path: str, allowed: tuple[str, ...]) -> list[str]:
    call = bracketed(f"{target} = torch.load(", [path, 'map_location="cpu"', "weights_only=True"], ")")
    return _allowing(allowed, call) if allowed else [call]


def _allowing(names: tuple[str, ...], call: str) -> list[str]:
    allowed = bracketed("with torch.serialization.safe_globals([", list(names), "]):")
    return [allowed + "\n" + "\n".join("    " + line for line in call.splitlines())]

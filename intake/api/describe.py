"""Building blocks for the parts of the OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

TEXT = {"type": "string"}
OPTIONAL_TEXT = {"type": ["string", "null"]}
TIME = {"type": "string", "format": "date-time", "description": "ISO 8601，+08:00"}
OPTIONAL_TIME = {"type": ["string", "null"], "format": "date-time"}
OPTIONAL_NUMBER = {"type": ["number", "null"]}
COUNT = {"type": "integer", "minimum": 0}
FLAG = {"type": "boolean"}
# Blank is as good as absent, and full width as people type it is as good as ASCII.
LAST4 = r"^\s*([0-9０-９]{4}\s*)?$"
_ERRORS = {
    400: "请求不对，code 和 details 说明哪里不对",
    401: "没有登录，或接口密钥不对",
    403: "您的角色不能做这件事",
    404: "没有这个编号的诉求或这项内容",
    409: "现在不能这样做：状态不对，或刚刚有人改过",
    413: "请求内容太大",
    415: "不支持这种内容",
    500: "平台出错",
    503: "数据库暂时不能用，稍后重试",
}


def ref(name: str) -> dict[str, str]:
    """A schema of the document by its name."""
    return {"$ref": f"#/components/schemas/{name}"}


def answer(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def errors(*statuses: int) -> dict[str, Any]:
    """Answers in the one error shape; a request can be too large anywhere, also by its address."""
    return {
        str(status): answer(_ERRORS[status], ref("Error")) for status in sorted({413, *statuses})
    }


def query(name: str, description: str, schema: dict[str, Any], required: bool = False) -> Any:
    """A parameter of the query string."""
    parameter = {"name": name, "in": "query", "description": description, "schema": schema}
    return {**parameter, "required": required}


def in_path(name: str, description: str, schema: dict[str, Any] | None = None) -> Any:
    schema = schema or {"type": "string", "minLength": 1}
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": schema,
    }


def json_body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def codes(known: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(known)}


def codes_or_null(known: Any) -> dict[str, Any]:
    return {"type": ["string", "null"], "enum": [*known, None]}


def shown(properties: dict[str, Any], *sometimes: str, **more: Any) -> dict[str, Any]:
    """An answer's object: every property but those named ``sometimes`` is always there."""
    always = [name for name in properties if name not in sometimes]
    return {"type": "object", "required": always, "properties": properties, **more}


def asked(
    properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any
) -> dict[str, Any]:
    """A request's object; only ``required`` must be there."""
    found: dict[str, Any] = {"type": "object", "properties": properties, **more}
    return {**found, "required": list(required)} if required else found


def listed(name: str) -> dict[str, Any]:
    """An array of a schema of the document."""
    return {"type": "array", "items": ref(name)}


def or_blank(schema: dict[str, Any]) -> dict[str, Any]:
    """An argument that may be left blank, as forms send it; that is as good as absent."""
    return {"anyOf": [schema, {"const": ""}]}


def longest(length: int) -> dict[str, Any]:
    """Words or null, at most so many characters."""
    return {"type": ["string", "null"], "maxLength": length}

"""The contract as a page to try out: Swagger UI, whole, so that it works without the internet."""

from importlib.resources import files

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'"
)

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tierwise API</title>
<link rel="icon" href="data:,">
<style>{css}</style>
</head>
<body>
<div id="ui"></div>
<script>{script}</script>
<script>
SwaggerUIBundle({{url: "openapi.json", dom_id: "#ui", deepLinking: true, persistAuthorization: false}});
</script>
</body>
</html>
"""


def page() -> str:
    """Powertools brings Swagger UI along; only its files are read, as importing it takes a second."""
    home = files("aws_lambda_powertools") / "event_handler" / "openapi" / "swagger_ui"
    return _PAGE.format(
        css=(home / "swagger-ui.min.css").read_text("utf-8"),
        script=(home / "swagger-ui-bundle.min.js").read_text("utf-8"),
    )

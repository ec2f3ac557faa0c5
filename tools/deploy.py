"""The real template, built and deployed by the SAM CLI to an emulator of this machine."""

import json
import platform
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.emulator import BIN, ROOT, Emulator

STACK_NAME = "tierwise"
ARCHITECTURE = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


class DeployError(Exception):
    """The SAM CLI refused; the message holds what it said."""


@dataclass(frozen=True)
class Stack:
    """What a deployed stack is reached by."""

    emulator: Emulator
    outputs: Mapping[str, str]
    functions: Mapping[str, str]
    """The name of each function by its logical id: {"ReviewFunction": "tierwise-review", …}."""

    @property
    def base_url(self) -> str:
        return f"{self.emulator.url}/restapis/{self.outputs['ApiId']}/local/_user_request_"

    def invoke(self, function: str, event: Any) -> Any:
        """Calls a function by its logical id and returns its answer, as `sam remote invoke` does."""
        reply = self.emulator.client("lambda").invoke(FunctionName=self.functions[function], Payload=json.dumps(event))
        answer = json.loads(reply["Payload"].read() or "null")
        if "FunctionError" in reply:
            raise RuntimeError(f"{function}: {answer}")
        return answer


def deploy(emulator: Emulator) -> Stack:
    """Builds and deploys what is in the working tree. About ten seconds; again and again on the same emulator is fine."""
    built = emulator.home / "build"
    parameters = _parameters()
    _sam(emulator, "build", "--build-dir", str(built), "--parameter-overrides", parameters)
    emulator.client("s3").create_bucket(Bucket="tierwise-artifacts")
    _sam(emulator, "deploy", "--template-file", str(built / "template.yaml"), "--parameter-overrides", parameters)
    _restore_gateway_responses(emulator)
    return deployed(emulator)


def deployed(emulator: Emulator) -> Stack:
    """The stack that is there already."""
    formation = emulator.client("cloudformation")
    described = formation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]
    resources = formation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
    return Stack(
        emulator,
        outputs={output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]},
        functions={
            resource["LogicalResourceId"]: resource["PhysicalResourceId"]
            for resource in resources
            if resource["ResourceType"] == "AWS::Lambda::Function"
        },
    )


def _parameters() -> str:
    """What samconfig.toml says, and the interpreter and processor that the emulator's functions really run on."""
    config = tomllib.loads((ROOT / "samconfig.toml").read_text())
    return f"{config['local']['deploy']['parameters']['parameter_overrides']} Runtime={_runtime()} Architecture={ARCHITECTURE}"


def _runtime() -> str:
    script = "import sys; print('python%d.%d' % sys.version_info[:2])"
    return subprocess.run([BIN / "python", "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def _sam(emulator: Emulator, *arguments: str) -> None:
    result = subprocess.run(
        [BIN / "sam", *arguments, "--config-env", "local", "--config-file", str(ROOT / "samconfig.toml")],
        cwd=ROOT,
        env=emulator.environment | {"RUNTIME": _runtime(), "ARCHITECTURE": "native"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    (emulator.home / f"sam-{arguments[0]}.log").write_text(result.stdout + result.stderr)
    if result.returncode:
        raise DeployError(f"sam {arguments[0]} failed:\n{(result.stdout + result.stderr)[-4000:]}")


def _restore_gateway_responses(emulator: Emulator) -> None:
    """MiniStack 1.5.33 reads an API's routes from the template, but not how its own refusals are to be worded."""
    template = emulator.client("cloudformation").get_template(StackName=STACK_NAME, TemplateStage="Processed")["TemplateBody"]
    resources = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    body = next(r["Properties"]["Body"] for r in resources.values() if r["Type"] == "AWS::ApiGateway::RestApi")
    gateway = emulator.client("apigateway")
    api = deployed(emulator).outputs["ApiId"]
    for kind, response in body["x-amazon-apigateway-gateway-responses"].items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=api,
            responseType=kind,
            responseParameters=response["responseParameters"],
            responseTemplates=response["responseTemplates"],
            **status,
        )
    gateway.create_deployment(restApiId=api, stageName="local")

"""What a test in the browser tells the surroundings over HTTP: the server, the network, the model, and what is there.

POST /network {"up": false} or {"delay": 2}      requests are refused, or take so many seconds more
POST /server  {"up": false}                      Tickler is stopped; true starts it again on the same data
POST /model   {"steps": [{"text", "calls"}]}     what the language model answers with, one step a request
GET  /model                                      what it was asked
POST /tasks   {"user": 7, "count": 10000}        as many tasks of a user
POST /reset                                      everything up, quick and silent
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from browser.seed import many_tasks
from browser.server import Server
from chat_server import ChatServer, Cut, Fails, Hangs, Says, Step
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chaos.proxy import Proxy


@dataclass
class Surroundings:
    server: Server
    proxy: Proxy
    model: ChatServer
    is_reachable: bool = True

    async def network(self, *, up: bool) -> None:
        if up is not self.is_reachable:
            self.is_reachable = up
            await (self.proxy.start() if up else self.proxy.stop())

    async def reset(self) -> None:
        self.proxy.delay = 0.0
        self.model.says()
        await self.server.start()
        await self.network(up=True)


def control(surroundings: Surroundings) -> Starlette:
    async def network(given: dict[str, Any]) -> None:
        surroundings.proxy.delay = float(given.get("delay", surroundings.proxy.delay))
        await surroundings.network(up=given.get("up", surroundings.is_reachable))

    async def server(given: dict[str, Any]) -> None:
        await (surroundings.server.start() if given["up"] else surroundings.server.stop())

    async def model(given: dict[str, Any]) -> None:
        surroundings.model.says(*(_step(each) for each in given["steps"]))

    async def tasks(given: dict[str, Any]) -> None:
        await many_tasks(surroundings.server.database_url, given["user"], given["count"])

    async def reset(_given: dict[str, Any]) -> None:
        await surroundings.reset()

    async def asked(_request: Request) -> Response:
        model = surroundings.model
        return JSONResponse(
            {"asked": [each.body for each in model.asked], "refused": model.refused, "left": len(model.script)}
        )

    done = {"/network": network, "/server": server, "/model": model, "/tasks": tasks, "/reset": reset}
    posts = [Route(path, _post(work), methods=["POST"]) for path, work in done.items()]
    return Starlette(routes=[Route("/model", asked, methods=["GET"]), *posts])


def _post(work: Callable[[dict[str, Any]], Any]) -> Callable[[Request], Any]:
    async def answer(request: Request) -> Response:
        await work(await request.json() if await request.body() else {})
        return JSONResponse({})

    return answer


def _step(given: dict[str, Any]) -> Step:
    """One of {"fails": 500}, {"hangs": text}, {"cut": text}, {"text": …, "calls": [[name, arguments], …]}."""
    if "fails" in given:
        return Fails(given["fails"])
    if "hangs" in given:
        return Hangs(given["hangs"])
    if "cut" in given:
        return Cut(given["cut"])
    return Says(given.get("text"), tuple((name, arguments) for name, arguments in given.get("calls", ())))

// The GraphiQL page; its theme follows the system. Tabs, headers and history live in the browser tab's session storage:
// a token or password survives a reload and is gone with the tab (in local storage the history would keep it for ever).
import "./workers.js";
import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "./page.css";
import { defaultHeaders, defaultQuery } from "./defaults.js";
import { fetcher } from "./fetcher.js";

createRoot(document.getElementById("graphiql")).render(
  createElement(GraphiQL, {
    defaultEditorToolsVisibility: "headers",
    defaultHeaders,
    defaultQuery,
    fetcher,
    shouldPersistHeaders: true,
    showPersistHeadersSettings: false,
    storage: sessionStorage,
  }),
);

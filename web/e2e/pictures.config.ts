// `./task pictures`: the pictures of README and docs, taken of the real thing.
import { defineConfig } from "@playwright/test";
import tests from "./playwright.config";

export default defineConfig({ ...tests, testMatch: "pictures.ts" });

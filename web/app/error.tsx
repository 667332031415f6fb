"use client";
import { PageError } from "@/shell/PageError";

export default PageError;

import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";
import { Root } from "@/shell/Root";
import "./globals.css";

export const metadata: Metadata = {
  description: "Tasks that are never forgotten.",
  applicationName: "Tickler",
  manifest: "/manifest.webmanifest",
  icons: { icon: "/icon.svg", apple: "/icon-192.png" },
};

export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  viewportFit: "cover",
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#f6f6f4" },
    { media: "(prefers-color-scheme: dark)", color: "#121316" },
  ],
};

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        {/* A file, not an inline script, and not deferred: the theme has to be there before the first paint. */}
        <script src="/theme.js" />
      </head>
      <body>
        <Root>{children}</Root>
      </body>
    </html>
  );
}

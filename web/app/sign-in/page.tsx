import { SignInPage } from "@/auth/SignInPage";

export default function Page() {
  return <SignInPage />;
}

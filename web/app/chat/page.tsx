import { ChatPage } from "@/chat/ChatPage";

export default function Page() {
  return <ChatPage />;
}

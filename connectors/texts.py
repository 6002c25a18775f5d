"""What every door says by itself, where no turn of the dialogue is behind it."""

EMPTY = "没有收到文字。请用一两句话告诉我发生了什么、在哪里。"
FAILED = "抱歉，刚才系统没有处理成功。请把刚才的话再发一次；急事请拨打 12345。"
